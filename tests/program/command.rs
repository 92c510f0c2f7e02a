//! Runs one command of the program to its end.

use std::{path::Path, process::Command};

/// What a command did.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `noctis` in a folder of its own, with these environment variables.
pub fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_noctis"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("NOCTIS_CONFIG")
        .envs(environment.iter().copied())
        .output()
        .expect("the program can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}
