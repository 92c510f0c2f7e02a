//! Samples of one figure, and what is said of them.

use std::time::{Duration, Instant};

/// Values of one figure, in the order in which they were taken.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds one value.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds a time, in milliseconds.
    pub fn add_time(&mut self, time: Duration) {
        self.add(time.as_secs_f64() * 1e3);
    }

    /// The value that `share` of all values do not exceed; 0.5 is the median.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let place = (last as f64 * share).round() as usize;
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }

    /// The median, with the least and the greatest value.
    pub fn spread(&self) -> (f64, f64, f64) {
        (self.quantile(0.5), self.quantile(0.0), self.quantile(1.0))
    }
}

/// Runs something and tells how long it took.
///
/// # Errors
/// Those of what was run.
pub async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, Duration)> {
    let start = Instant::now();
    let result = work.await?;
    Ok((result, start.elapsed()))
}
