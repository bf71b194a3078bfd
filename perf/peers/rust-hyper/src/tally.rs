use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use crate::connection::Answer;
use crate::AnyError;

/// What became of the requests. Every latency is kept, so that percentiles are exact.
#[derive(Default)]
pub struct Tally {
    ok: u64,
    failed: u64,
    latencies_us: Vec<u32>,
    errors: HashMap<String, u64>,
}

#[derive(Serialize)]
struct Outcome {
    sent: u64,
    ok: u64,
    failed: u64,
    seconds: f64,
    p50_us: Option<u32>,
    p99_us: Option<u32>,
    p999_us: Option<u32>,
}

impl Tally {
    pub fn add(&mut self, latency: Duration, answer: Answer) {
        self.latencies_us.push(latency.as_micros() as u32);
        match answer {
            Ok(status) if status.is_success() => self.ok += 1,
            Ok(_) => self.failed += 1,
            Err(error) => {
                self.failed += 1;
                *self.errors.entry(describe(error)).or_default() += 1;
            }
        }
    }

    pub fn print(&mut self, took: Duration) {
        for (text, times) in &self.errors {
            eprintln!("peer: {}: {}", text, times);
        }
        let result = Outcome {
            sent: self.ok + self.failed,
            ok: self.ok,
            failed: self.failed,
            seconds: took.as_secs_f64(),
            p50_us: self.percentile(500),
            p99_us: self.percentile(990),
            p999_us: self.percentile(999),
        };
        println!("{}", serde_json::to_string(&result).expect("numbers can be written"));
    }

    /// The latency that so many of a thousand requests stayed below; None when there were none.
    fn percentile(&mut self, per_mille: usize) -> Option<u32> {
        let place = self.latencies_us.len() * per_mille / 1000;
        if self.latencies_us.is_empty() {
            return None;
        }
        Some(*self.latencies_us.select_nth_unstable(place).1)
    }
}

/// An error with what lies beneath it, which is what says most.
fn describe(error: AnyError) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        text = format!("{}: {}", text, error);
        inner = error.source();
    }
    text
}
