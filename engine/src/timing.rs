//! How long each station took, for `--time-passes`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Stations and their times, in the order in which they ran.
#[derive(Debug, Default)]
pub struct Timings {
    stations: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// Runs `work` as the station `name`.
    pub fn time<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.stations.push((name, start.elapsed()));
        result
    }

    /// The stations so far.
    pub fn stations(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        self.stations.iter().copied()
    }

    /// A line per station, and the speed in lines of source.
    pub fn report(&self, lines: usize) -> String {
        let mut out = String::new();
        let total: Duration = self.stations.iter().map(|(_, time)| *time).sum();
        for (name, time) in self.stations.iter().copied().chain([("total", total)]) {
            let milliseconds = time.as_secs_f64() * 1e3;
            let speed = lines as f64 / 1e3 / time.as_secs_f64().max(1e-9);
            writeln!(out, "{name:10} {milliseconds:10.3} ms {speed:12.0} klines/s")
                .expect("writing to a string cannot fail");
        }
        out
    }
}
