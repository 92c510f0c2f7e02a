//! A time of day that a test sets for the processes that it starts. Their monotonic clocks stay those of the system.

use std::{
    ffi::OsString,
    fs::File,
    io::Write as _,
    os::unix::fs::FileExt as _,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The variable that names the file with the difference, in seconds.
const FILE: &str = "STEPPED_CLOCK_FILE";

/// Stands before the C library in a process. (libfaketime cannot take this place: with monotonic clocks left alone its
/// sleeps fail, and what it shares between processes outlives those that are killed.)
const LIBRARY: &str = r#"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const long long *ahead;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("STEPPED_CLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(0, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) abort();
    ahead = mapped;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
    return result;
}
"#;

/// A clock that can be stepped while processes run.
#[derive(Debug)]
pub struct SteppedClock {
    folder: TempDir,
    ahead: File,
}

impl SteppedClock {
    /// A clock that tells the right time.
    ///
    /// # Panics
    /// Without a C compiler.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("noctis-clock-").tempdir().expect("a folder for the clock");
        let ahead = File::create(folder.path().join("ahead")).expect("a folder of ours");
        let clock = Self { folder, ahead };
        clock.step(0);
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-shared", "-fPIC", "-x", "c", "-o"]).arg(clock.library()).arg("-");
        let mut compiling = compiler.stdin(Stdio::piped()).spawn().expect("a C compiler, see tests/setup.sh");
        compiling.stdin.take().expect("piped").write_all(LIBRARY.as_bytes()).expect("the compiler reads");
        assert!(compiling.wait().expect("a child of ours").success());
        clock
    }

    fn library(&self) -> std::path::PathBuf {
        self.folder.path().join("clock.so")
    }

    /// What makes a process see it.
    pub fn environment(&self) -> [(&'static str, OsString); 2] {
        [("LD_PRELOAD", self.library().into()), (FILE, self.folder.path().join("ahead").into())]
    }

    /// From now on it is this many seconds ahead of the right time, or behind it.
    ///
    /// # Panics
    /// When the clock's file is gone.
    pub fn step(&self, ahead: i64) {
        self.ahead.write_all_at(&ahead.to_ne_bytes(), 0).expect("a file of ours");
    }
}
