//! The result as a Markdown table.

use crate::measure::Samples;
use std::fmt;

/// Rows in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Table(Vec<Row>);

#[derive(Debug)]
struct Row {
    load: String,
    unit: &'static str,
    noctis: Samples,
    other: &'static str,
    others: Samples,
    more_is_better: bool,
    quantile: f64,
    target: f64,
}

/// How a figure is compared.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    /// What the figure counts.
    pub unit: &'static str,
    /// Whether a greater value is the better one.
    pub more_is_better: bool,
    /// Which quantile of the samples is compared; 0.5 is the median.
    pub quantile: f64,
    /// What the ratio should be: at least this where more is better, else at most.
    pub target: f64,
}

impl Table {
    /// Adds a comparison, and shows it at once, since a run takes long.
    pub fn add(&mut self, load: &str, noctis: &Samples, other: &'static str, others: &Samples, how: Comparison) {
        let row = Row {
            load: load.to_owned(),
            unit: how.unit,
            noctis: noctis.clone(),
            other,
            others: others.clone(),
            more_is_better: how.more_is_better,
            quantile: how.quantile,
            target: how.target,
        };
        eprintln!("{row}");
        self.0.push(row);
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noctis, others) = (self.noctis.quantile(self.quantile), self.others.quantile(self.quantile));
        let ratio = noctis / others;
        let reached = if self.more_is_better { ratio >= self.target } else { ratio <= self.target };
        let spread = |samples: &Samples| {
            let (_, least, most) = samples.spread();
            format!("{least:.1} – {most:.1}")
        };
        write!(
            f,
            "| {} | {} | {noctis:.1} ({}) | {} {others:.1} ({}) | {ratio:.3} | {} {:.3} | {} |",
            self.load,
            self.unit,
            spread(&self.noctis),
            self.other,
            spread(&self.others),
            if self.more_is_better { "≥" } else { "≤" },
            self.target,
            if reached { "yes" } else { "no" }
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| load | unit | Noctis (spread) | beside (spread) | ratio | target | reached |")?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- | --- |")?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
