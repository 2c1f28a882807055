//! How we are stopped, and why no child is ever left behind.
//!
//! **Whatever ends us, what we started ends too.** Signals can't be caught with the standard library alone, so `main` runs
//! the real work below a small shell (`supervise`) that catches them and leaves a stop file; a thread here sees that file
//! (or the shell's death) and stops the tool that is running. Long-lived children also get an `Undertaker`: a shell that
//! waits on a pipe from us and ends the child when we die without a word (SIGKILL).

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often the stop file is looked for. Higher makes Ctrl-C feel slow, lower wakes an idle laptop for nothing.
const STOP_POLL: Duration = Duration::from_millis(50);
/// Where the supervising shell says "stop" (`supervise`).
const STOP_FILE: &str = "CURTAIN_XTASK_STOP_FILE";

static STOPPING: AtomicBool = AtomicBool::new(false);
static TOOLS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// What went wrong, in one message for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A failure with its context: `context: error`.
pub(crate) fn failure(context: impl fmt::Display, error: impl fmt::Display) -> Failure {
    Failure(format!("{context}: {error}"))
}

/// One line for the person at the terminal; a closed terminal is no reason to fail.
pub(crate) fn say(line: impl fmt::Display) {
    let mut out = io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// The machine's stopwatch, for progress lines and deadlines.
#[expect(
    clippy::disallowed_methods,
    reason = "xtask times tools on the real clock; no decision of the product hangs on it"
)]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

/// The checkout that this xtask was built from.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_path_buf()
}

/// Logs and stamps: `target/xtask`.
pub(crate) fn work_folder() -> Result<PathBuf, Failure> {
    let folder = root().join("target/xtask");
    fs::create_dir_all(&folder).map_err(|e| failure(folder.display(), e))?;
    Ok(folder)
}

/// The supervising shell. It survives the signals, so whoever waits for it sees everything stopped when it is gone.
/// Background jobs of a shell without job control ignore SIGINT by POSIX; TERM and HUP are ignored for the job by hand.
const SUPERVISOR: &str = r#"
trap '' HUP TERM
"$0" "$@" & job=$!
trap ': > "$CURTAIN_XTASK_STOP_FILE"' INT TERM HUP
while :; do
  wait "$job"; code=$?
  kill -0 "$job" 2>/dev/null && continue
  rm -f "$CURTAIN_XTASK_STOP_FILE"
  exit "$code"
done
"#;

/// Becomes the supervising shell, unless it already stands above us. Returns in the supervised process only.
pub(crate) fn supervise() -> Result<(), Failure> {
    if let Some(stop_file) = std::env::var_os(STOP_FILE) {
        watch_for_stop(PathBuf::from(stop_file));
        return Ok(());
    }
    let stop_file = work_folder()?.join(format!("stop.{}", std::process::id()));
    drop(fs::remove_file(&stop_file));
    let xtask = std::env::current_exe().map_err(|e| failure("finding our own binary", e))?;
    let mut command = shell_with_default_signals();
    let error =
        command.arg(SUPERVISOR).arg(xtask).args(std::env::args_os().skip(1)).env(STOP_FILE, stop_file).exec();
    Err(failure("starting sh", error))
}

/// Who starts us as a script's background job hands SIGINT down ignored, and a shell can't trap what came ignored. GNU's
/// `env` can put that right; where it can't (busybox), SIGTERM still stops us.
fn shell_with_default_signals() -> Command {
    const RESTORE: &str = "--default-signal=INT,TERM,HUP";
    let restores = Command::new("env").args([RESTORE, "true"]).stderr(Stdio::null()).status();
    let mut command = Command::new(if restores.is_ok_and(|status| status.success()) { "env" } else { "sh" });
    if command.get_program() == "env" {
        command.args([RESTORE, "sh"]);
    }
    command.arg("-c");
    command
}

fn watch_for_stop(stop_file: PathBuf) {
    let supervisor = parent_id();
    thread::spawn(move || {
        while !stop_file.exists() && parent_id() == supervisor {
            thread::sleep(STOP_POLL);
        }
        STOPPING.store(true, Ordering::SeqCst);
        // Until we exit: a tool may be started in the moment between the flag and its registration.
        loop {
            let tools = TOOLS.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for group in tools {
                signal("KILL", &format!("-{group}"));
            }
            thread::sleep(STOP_POLL);
        }
    });
}

/// While it lives, a stop kills this process group at once.
pub(crate) struct Stoppable(u32);

impl Stoppable {
    /// Registers the group that `leader` leads.
    pub(crate) fn new(leader: u32) -> Self {
        TOOLS.lock().unwrap_or_else(PoisonError::into_inner).push(leader);
        Self(leader)
    }
}

impl Drop for Stoppable {
    fn drop(&mut self) {
        TOOLS.lock().unwrap_or_else(PoisonError::into_inner).retain(|group| *group != self.0);
    }
}

/// Whether somebody asked us to stop.
pub(crate) fn stopping() -> bool {
    STOPPING.load(Ordering::SeqCst)
}

/// Waits until `done` or the time is up. Says whether `done` came. Whoever may be asked to stop asks `stopping` in `done`.
pub(crate) fn wait_for(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = stopwatch();
    while !done() {
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

/// Sends a signal to a process, or to a group (`-PID`). A process that is already gone is fine.
pub(crate) fn signal(name: &str, target: &str) {
    drop(
        Command::new("sh")
            .args(["-c", "kill -s \"$0\" -- \"$1\"", name, target])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status(),
    );
}

/// Ends `pid` by `signal` when we are killed without a chance to do it ourselves.
pub(crate) struct Undertaker(Child);

impl Undertaker {
    /// Starts to watch over `pid`.
    pub(crate) fn watch(pid: u32, signal: &str) -> Result<Self, Failure> {
        // A line means "all is well, go home"; the end of the pipe means that we died.
        let script = "trap '' INT TERM HUP; read -r _ || kill -s \"$0\" \"$1\" 2>/dev/null";
        Command::new("sh")
            .args(["-c", script, signal, &pid.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(Self)
            .map_err(|e| failure("starting sh", e))
    }

    /// The child was stopped or is to live on: nothing is left to do.
    pub(crate) fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            drop(pipe.write_all(b"\n"));
        }
        drop(self.0.wait());
    }
}
