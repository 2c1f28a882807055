//! One run of a foreign tool (cargo, npm, apt-get, initdb): in plain sight, into a log, or both.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::{Failure, Stoppable, failure, root, say, stopping, work_folder};

/// How long a finished tool's output may still trickle in: a grandchild that outlives it can hold the pipe open forever.
const OUTPUT_GRACE: Duration = Duration::from_secs(2);
/// How much of a log a failure shows: enough for the cause, short enough to stay on the screen.
const LINES_SHOWN: usize = 20;

/// A tool that is about to run. It leads its own process group, so that a stop ends all that it started.
pub(crate) struct Tool {
    command: Command,
    name: String,
}

impl Tool {
    /// `program` with `arguments`, in the checkout, with nothing to read.
    pub(crate) fn new(program: impl AsRef<Path>, arguments: &[&str]) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root()).stdin(Stdio::null()).process_group(0);
        let words = [program.to_string_lossy().into_owned()]
            .into_iter()
            .chain(arguments.iter().map(|a| (*a).to_owned()));
        Self { command, name: words.collect::<Vec<_>>().join(" ") }
    }

    /// One more environment variable.
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Another working folder.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// As another user: uid and gid. The extra groups go too.
    pub(crate) fn user(mut self, ids: Option<(u32, u32)>) -> Self {
        if let Some((uid, gid)) = ids {
            self.command.uid(uid).gid(gid);
        }
        self
    }

    /// Runs in plain sight: colours and progress bars included.
    pub(crate) fn shown(mut self) -> Result<(), Failure> {
        let status = self.start()?.finish()?;
        self.verdict(status, "")
    }

    /// Runs with the output in `target/xtask/LOG.log`; a failure shows its last lines.
    pub(crate) fn logged(mut self, log: &str) -> Result<(), Failure> {
        let path = work_folder()?.join(format!("{log}.log"));
        let file = File::create(&path).map_err(|e| failure(path.display(), e))?;
        self.command.stdout(file.try_clone()?).stderr(file);
        let status = self.start()?.finish()?;
        self.verdict(status, &last_lines(&path))
    }

    /// Runs in plain sight and in the log, and hands every line on.
    pub(crate) fn read(mut self, log: &str, line: &mut dyn FnMut(&str)) -> Result<(), Failure> {
        let path = work_folder()?.join(format!("{log}.log"));
        let mut file = File::create(&path).map_err(|e| failure(path.display(), e))?;
        let (reader, writer) = io::pipe()?;
        self.command.stdout(writer.try_clone()?).stderr(writer);
        let child = self.start()?;
        // The command holds the pipe's writing end: without this the reader would never see its end.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let lines = lines_of(reader);
        let waiter = thread::spawn(move || child.finish());
        loop {
            match lines.recv_timeout(OUTPUT_GRACE) {
                Ok(text) => {
                    say(&text);
                    writeln!(file, "{text}")?;
                    line(&text);
                }
                Err(RecvTimeoutError::Timeout) if !waiter.is_finished() => {}
                Err(_) => break,
            }
        }
        let status = waiter.join().map_err(|_| Failure("a waiting thread panicked".into()))??;
        self.verdict(status, "")
    }

    /// Runs and returns what it printed on standard output.
    pub(crate) fn output(mut self) -> Result<String, Failure> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.command.output().map_err(|e| failure(&self.name, e))?;
        let told = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        self.verdict(output.status, &format!("\n{told}"))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn start(&mut self) -> Result<Running, Failure> {
        if stopping() {
            return Err(Failure("stopped".into()));
        }
        let child = self.command.spawn().map_err(|e| failure(&self.name, e))?;
        Ok(Running { stoppable: Stoppable::new(child.id()), child })
    }

    fn verdict(&self, status: ExitStatus, told: &str) -> Result<(), Failure> {
        match status {
            _ if stopping() => Err(Failure("stopped".into())),
            status if status.success() => Ok(()),
            status => Err(Failure(format!("`{}` failed ({status}){told}", self.name))),
        }
    }
}

struct Running {
    child: Child,
    stoppable: Stoppable,
}

impl Running {
    fn finish(mut self) -> Result<ExitStatus, Failure> {
        let status = self.child.wait()?;
        drop(self.stoppable);
        Ok(status)
    }
}

/// Every line as it comes. Bytes that are no UTF-8 are replaced rather than ending the reading.
fn lines_of(reader: io::PipeReader) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n') {
            let Ok(line) = line else { break };
            if sender.send(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The end of a log, for the message of a failure.
pub(crate) fn last_lines(path: &Path) -> String {
    let log = fs::read(path).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.trim_end().lines().collect();
    let shown = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
    format!("; the end of {}:\n    {}", path.display(), shown.join("\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_read_line_by_line_in_order() {
        let mut seen = Vec::new();
        let script = "echo one; echo two >&2; printf 'three'";
        Tool::new("sh", &["-c", script])
            .read("selftest-lines", &mut |line| seen.push(line.to_owned()))
            .unwrap();
        assert_eq!(seen, ["one", "two", "three"]);
    }

    #[test]
    fn a_failing_tool_shows_the_end_of_its_log() {
        let failure =
            Tool::new("sh", &["-c", "seq 1 30; exit 3"]).logged("selftest-tail").unwrap_err().to_string();
        assert!(failure.contains("exit status: 3"), "{failure}");
        assert!(
            failure.ends_with("    29\n    30")
                && failure.contains("\n    11\n")
                && !failure.contains("\n    10\n")
        );
    }

    #[test]
    fn a_tool_that_leaves_a_child_behind_does_not_hang_us() {
        let mut seen = 0;
        Tool::new("sh", &["-c", "sleep 60 & echo started"])
            .read("selftest-orphan", &mut |_| seen += 1)
            .unwrap();
        assert_eq!(seen, 1);
    }
}
