//! How we are stopped, and why no child is ever left behind.
//!
//! **Whatever ends us, what we started ends too.** Signals can't be caught with the standard library alone, so `main` runs
//! the real work below a small shell (`supervise`) that catches them and leaves a stop file; a thread here sees that file
//! (or the shell's death) and stops the tool that is running. Long-lived children also get an `Undertaker`: a shell that
//! waits on a pipe from us and ends the child when we die without a word (SIGKILL).

pub(crate) mod cargo;
pub(crate) mod tool;

use std::fmt;
use std::fs::{self, File};
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

/// One line for the person at the terminal; a closed terminal is no reason to fail. Our own tests talk to nobody: a
/// summary in the middle of theirs would be taken for the real one.
pub(crate) fn say(line: impl fmt::Display) {
    if cfg!(test) {
        return;
    }
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

/// A binary of the workspace, beside our own in cargo's target folder.
pub(crate) fn built(name: &str) -> Result<PathBuf, Failure> {
    // Only the folder counts: while cargo links us anew, our own name ends in " (deleted)".
    let ours = std::env::current_exe().map_err(|e| failure("finding our own binary", e))?;
    Ok(ours.parent().unwrap_or(Path::new("target/debug")).join(name))
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
stop=$1; shift
trap '' HUP TERM
"$0" "--supervised=$stop" "$@" & job=$!
trap ': > "$stop"' INT TERM HUP
while :; do
  wait "$job"; code=$?
  kill -0 "$job" 2>/dev/null && continue
  rm -f "$stop"
  exit "$code"
done
"#;

/// Becomes the supervising shell, unless it already stands above us (then it said so in the first argument, which
/// `main` hands over as `stop_file`). Returns in the supervised process only.
pub(crate) fn supervise(stop_file: Option<PathBuf>) -> Result<(), Failure> {
    if let Some(stop_file) = stop_file {
        watch_for_stop(stop_file);
        return Ok(());
    }
    let stop_file = work_folder()?.join(format!("stop.{}", std::process::id()));
    drop(fs::remove_file(&stop_file));
    let xtask = std::env::current_exe().map_err(|e| failure("finding our own binary", e))?;
    let mut command = shell_with_default_signals();
    let error = command.arg(SUPERVISOR).arg(xtask).arg(stop_file).args(std::env::args_os().skip(1)).exec();
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

/// A line means "all is well, go home"; the end of the pipe means that we died. Ten seconds for the child to end: a zombie
/// that no init reaps would look alive for ever.
const UNDERTAKE: &str = r#"
trap '' INT TERM HUP
read -r _ && exit
kill -s "$0" "$1" 2>/dev/null
tries=100
while [ "$tries" -gt 0 ] && kill -0 "$1" 2>/dev/null; do sleep 0.1; tries=$((tries - 1)); done
"#;

impl Undertaker {
    /// Starts to watch over `pid`. The undertaker holds `lock` too, so that the next run waits until it is done.
    pub(crate) fn watch(pid: u32, signal: &str, lock: &File) -> Result<Self, Failure> {
        let shell = Command::new("sh")
            .args(["-c", UNDERTAKE, signal, &pid.to_string()])
            .stdin(Stdio::piped())
            .stdout(lock.try_clone()?)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        shell.map(Self).map_err(|e| failure("starting sh", e))
    }

    /// The child was stopped or is to live on: nothing is left to do.
    pub(crate) fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            drop(pipe.write_all(b"\n"));
        }
        drop(self.0.wait());
    }
}
