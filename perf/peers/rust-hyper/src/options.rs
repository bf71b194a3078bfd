use crate::AnyError;

/// The arguments; all are needed.
pub struct Options {
    pub url: String,
    pub contacts: String,
    pub count: u64,
    pub in_flight: usize,
    pub secret: String,
}

impl Options {
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self, AnyError> {
        const NAMES: [&str; 5] = ["--url", "--contacts", "--count", "--in-flight", "--secret"];
        let mut values: [Option<String>; 5] = Default::default();
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let place = NAMES.iter().position(|known| *known == name).ok_or(format!("{} is no option", name))?;
            values[place] = Some(arguments.next().ok_or(format!("{} needs a value", name))?);
        }
        let mut value = |place: usize| values[place].take().ok_or(format!("{} is missing", NAMES[place]));
        Ok(Options {
            url: value(0)?,
            contacts: value(1)?,
            count: value(2)?.parse()?,
            in_flight: value(3)?.parse()?,
            secret: value(4)?,
        })
    }
}
