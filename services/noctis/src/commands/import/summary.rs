//! What an import has to report at its end.

use super::Outcome;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// How many files are named for each reason.
const NAMED: usize = 5;

/// Counts, and the reasons with the first files of each.
#[derive(Debug, Default)]
pub(super) struct Summary {
    stored: u64,
    already_there: u64,
    refused: Reasons,
    failed: Reasons,
    warnings: Reasons,
}

/// Reasons, each with how often it occurred and the first files.
#[derive(Debug, Default)]
struct Reasons(BTreeMap<String, (u64, Vec<PathBuf>)>);

impl Reasons {
    fn add(&mut self, why: String, path: &Path) {
        let (count, paths) = self.0.entry(why).or_default();
        *count += 1;
        if paths.len() < NAMED {
            paths.push(path.to_owned());
        }
    }

    fn total(&self) -> u64 {
        self.0.values().map(|(count, _)| count).sum()
    }
}

impl Summary {
    /// Counts one file.
    pub(super) fn add(&mut self, path: &Path, outcome: Outcome) {
        match outcome {
            Outcome::Stored { warnings } => {
                self.stored += 1;
                for warning in warnings {
                    self.warnings.add(warning, path);
                }
            }
            Outcome::AlreadyThere => self.already_there += 1,
            Outcome::Refused { why } => self.refused.add(why, path),
            Outcome::Failed { why } => self.failed.add(why, path),
        }
    }

    /// Whether every file is in the archive now.
    pub(super) fn is_clean(&self) -> bool {
        self.refused.0.is_empty() && self.failed.0.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} stored, {} already there, {} refused, {} failed",
            self.stored,
            self.already_there,
            self.refused.total(),
            self.failed.total()
        )?;
        for (title, reasons) in [("refused", &self.refused), ("failed", &self.failed), ("warning", &self.warnings)] {
            for (why, (count, paths)) in &reasons.0 {
                writeln!(f, "{title}: {why} ({count})")?;
                for path in paths {
                    writeln!(f, "    {}", path.display())?;
                }
                if *count > paths.len() as u64 {
                    writeln!(f, "    … and {} more", count - paths.len() as u64)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Summary};
    use std::path::Path;

    #[test]
    fn reasons_are_grouped_and_long_lists_cut() {
        let mut summary = Summary::default();
        summary.add(Path::new("ok"), Outcome::Stored { warnings: vec![] });
        summary.add(Path::new("again"), Outcome::AlreadyThere);
        assert!(summary.is_clean());
        for number in 0..7 {
            summary.add(Path::new(&format!("bad{number}")), Outcome::Refused { why: "not DICOM".into() });
        }
        assert!(!summary.is_clean());
        let text = summary.to_string();
        assert!(text.starts_with("1 stored, 1 already there, 7 refused, 0 failed\nrefused: not DICOM (7)\n    bad0\n"));
        assert!(text.ends_with("    bad4\n    … and 2 more\n"));
    }
}
