use std::fs::File;

use crate::AnyError;

const COLUMNS: [&str; 5] = ["phone", "email", "first_name", "city", "score"];

/// The fields of a row that a message is made of.
pub struct Contact<'row> {
    pub number: u64,
    pub phone: &'row str,
    pub email: &'row str,
    pub first_name: &'row str,
    pub city: &'row str,
    pub score: &'row str,
}

/// The first contacts of a file, numbered from 1, read as they are asked for.
pub struct Contacts {
    reader: csv::Reader<File>,
    row: csv::StringRecord,
    places: [usize; 5],
    number: u64,
    count: u64,
}

impl Contacts {
    pub fn open(path: &str, count: u64) -> Result<Self, AnyError> {
        let file = File::open(path).map_err(|error| format!("{}: {}", path, error))?;
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 16).from_reader(file);
        let mut places = [0; 5];
        for (place, name) in places.iter_mut().zip(COLUMNS) {
            let found = reader.headers()?.iter().position(|header| header == name);
            *place = found.ok_or(format!("{} has no column {}", path, name))?;
        }
        Ok(Contacts { reader, row: csv::StringRecord::new(), places, number: 0, count })
    }

    pub fn next(&mut self) -> Result<Option<Contact<'_>>, AnyError> {
        if self.number == self.count || !self.reader.read_record(&mut self.row)? {
            return Ok(None);
        }
        self.number += 1;
        let field = |column: usize| &self.row[self.places[column]];
        Ok(Some(Contact {
            number: self.number,
            phone: field(0),
            email: field(1),
            first_name: field(2),
            city: field(3),
            score: field(4),
        }))
    }
}
