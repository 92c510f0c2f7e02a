//! `noctis check-config`: the configuration was read; what is legal but doubtful is said.

use crate::config::Config;

/// Prints the doubts, or that there are none.
pub(crate) fn run(config: &Config) {
    let doubts = config.doubts();
    for doubt in &doubts {
        println!("warning: {doubt}");
    }
    println!("the configuration is valid ({} warnings)", doubts.len());
}
