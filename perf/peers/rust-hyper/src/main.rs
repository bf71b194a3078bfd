//! hyper on tokio: as many tasks as requests are in flight, each with a connection of its own, over one reader of the
//! contacts. See ../README.md.

mod connection;
mod contacts;
mod messages;
mod options;
mod tally;

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use connection::{Answer, Connection, Request, Target};
use contacts::Contacts;
use messages::Messages;
use options::Options;
use tally::Tally;

type AnyError = Box<dyn Error + Send + Sync>;

/// What all tasks share. One thread runs them and none waits with the lock in its hands, so that it is always free.
struct Job {
    contacts: Contacts,
    messages: Messages,
    tally: Tally,
}

impl Job {
    fn next_request(&mut self) -> Option<Request> {
        let Job { contacts, messages, .. } = self;
        let contact = contacts.next().unwrap_or_else(|error| fail(error))?;
        Some(messages.make(&contact).unwrap_or_else(|error| fail(error)))
    }
}

/// Ends the program: the job is impossible.
fn fail(error: AnyError) -> ! {
    eprintln!("peer: {}", error);
    std::process::exit(1)
}

/// Sends one request after the other, until the contacts that all tasks share are used up.
async fn work(job: Arc<Mutex<Job>>, target: Arc<Target>) {
    let mut kept = None;
    loop {
        let request = match job.lock().unwrap().next_request() {
            Some(request) => request,
            None => return,
        };
        let start = Instant::now();
        let answer = send(&mut kept, &target, request).await;
        job.lock().unwrap().tally.add(start.elapsed(), answer);
    }
}

/// Sends over the kept connection, or over a new one if there is none or its other end has closed it since.
async fn send(kept: &mut Option<Connection>, target: &Target, request: Request) -> Answer {
    if let Some(connection) = kept {
        if !connection.is_open().await {
            *kept = None;
        }
    }
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(Connection::open(target).await?),
    };
    let answer = connection.exchange(request).await;
    if answer.is_err() {
        *kept = None;
    }
    answer
}

async fn run(job: Arc<Mutex<Job>>, target: Arc<Target>, in_flight: usize) {
    let start = Instant::now();
    let tasks: Vec<_> = (0..in_flight).map(|_| tokio::spawn(work(job.clone(), target.clone()))).collect();
    for task in tasks {
        task.await.expect("a panic ends the program");
    }
    job.lock().unwrap().tally.print(start.elapsed());
}

fn raise_file_limit() -> std::io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a limit that lives as long as they run.
    let done = unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 && {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit) == 0
        }
    };
    if done {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}

fn start() -> Result<(), AnyError> {
    let options = Options::read(std::env::args().skip(1))?;
    raise_file_limit()?;
    let target = Target::parse(&options.url)?;
    let job = Job {
        contacts: Contacts::open(&options.contacts, options.count)?,
        messages: Messages::new(&options.secret, &target)?,
        tally: Tally::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(run(Arc::new(Mutex::new(job)), Arc::new(target), options.in_flight));
    Ok(())
}

fn main() {
    start().unwrap_or_else(|error| fail(error))
}
