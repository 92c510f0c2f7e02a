//! What the operating system says about a process, and digests of bytes.

use std::path::Path;

use sha2::{Digest, Sha256};

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Resident now (VmRSS).
    pub resident: u64,
    /// The highest it was since the start or since the last reset (VmHWM).
    pub peak: u64,
    /// Of what is resident, that which is no part of a file (RssAnon): what the process has taken for itself.
    pub anonymous: u64,
}

impl Memory {
    /// Reads `/proc/PID/status`.
    pub fn of(pid: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
        let bytes = |field: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field of /proc status");
            let kib: u64 = line.split_whitespace().next().and_then(|text| text.parse().ok()).expect("a number");
            kib * 1024
        };
        Self { resident: bytes("VmRSS:"), peak: bytes("VmHWM:"), anonymous: bytes("RssAnon:") }
    }

    /// Sets the peak of a process back to what it holds now.
    pub fn reset_peak(pid: u32) {
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("the process runs and is ours");
    }
}

/// SHA-256 of bytes, in lower case hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The process that runs `binary`: `pid` itself, or one below it when it was started by a wrapper such as strace.
pub(crate) fn find_program(pid: u32, binary: &Path) -> Option<u32> {
    let running = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    if running == binary.canonicalize().ok()? {
        return Some(pid);
    }
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().find_map(|child| find_program(child.parse().ok()?, binary))
}
