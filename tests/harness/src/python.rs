//! Runs the tests that are written in Python: other people's clients, and the browser.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

/// Runs a script below `tests/`, such as `viewer/ohif.py`, with the Python of tests/setup.sh. What it prints goes to the
/// test's output.
///
/// # Panics
/// When it does not end with 0, or the Python is not there.
pub fn run_python<T: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = T>) {
    let Some(python) = std::env::var_os("NOCTIS_PYTHON") else {
        panic!("NOCTIS_PYTHON is not set: run tests/setup.sh and source what it prints, or use tests/run.sh");
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(script);
    let output = Command::new(&python)
        .arg(&path)
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run tests/setup.sh", Path::new(&python).display()));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", said(&output.stdout));
    assert!(output.status.success(), "{script}: {}\n{}", output.status, said(&output.stderr));
}
