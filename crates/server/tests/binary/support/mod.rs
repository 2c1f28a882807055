//! Starts the binary and speaks HTTP to it over a plain socket: nothing between the test and what users get.

mod client;
mod practice;
mod web_socket;

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use curtain_auth::SystemEntropy;
use curtain_storage::testing::TestDatabase;
use curtain_vault::KeyEncryptionKey;

pub(crate) use client::{Answer, Client, connect, connect_to};
pub(crate) use practice::{
    code, create_admin, demo_accounts, found_practice, serve_refused, told_in_failing,
};
pub(crate) use web_socket::WebSocket;

/// What people type, in tests for which it does not matter.
pub(crate) const ORIGIN: &str = "http://localhost:8443";

/// The binary with a clean environment, so that nothing of the engineer's own decides.
pub(crate) fn curtain() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_curtain"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    curtain().args(arguments).output().expect("the binary runs")
}

/// What a command said in failing.
#[track_caller]
pub(crate) fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments:?} should have been refused");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// What a command said in succeeding.
#[track_caller]
pub(crate) fn success(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A file of one test, removed with the value.
pub(crate) struct TestFile(PathBuf);

impl TestFile {
    pub(crate) fn new(content: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("curtain-binary-{}-{number}", std::process::id()));
        std::fs::write(&path, content).expect("a temporary file");
        Self(path)
    }

    /// A key file with a key of its own.
    pub(crate) fn with_key() -> Self {
        Self::new(&KeyEncryptionKey::generate_hex(&SystemEntropy::new()))
    }

    pub(crate) fn path(&self) -> &str {
        Path::to_str(&self.0).expect("a temporary path in UTF-8")
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        // Err only when the test removed it itself.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A server that runs until the value is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    log: Receiver<String>,
}

/// The cheapest passwords that may be set: these tests are about other things.
const CHEAP: [&str; 4] = ["--password-memory-kib", "19456", "--password-iterations", "2"];

impl Server {
    /// Starts a demo.
    pub(crate) fn demo(database: &TestDatabase) -> Self {
        Self::start(database, &["--demo", "--public-origin", ORIGIN])
    }

    /// Starts `serve` on a free port of this machine and waits until it says that it serves.
    pub(crate) fn start(database: &TestDatabase, arguments: &[&str]) -> Self {
        Self::start_on("127.0.0.1:0", database, arguments)
    }

    /// The same on an address.
    pub(crate) fn start_on(listen: &str, database: &TestDatabase, arguments: &[&str]) -> Self {
        let url = database.owner_url();
        let mut child = curtain()
            .args(["serve", "--database-url", &url, "--listen", listen, "--log-format", "json"])
            .args(CHEAP)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut lines = log.lines().map_while(Result::ok);
        let mut told = Vec::new();
        let port = loop {
            let Some(line) = lines.next() else { panic!("the server did not start:\n{}", told.join("\n")) };
            if let Some(port) = port_in(&line) {
                break port;
            }
            told.push(line);
        };
        // The rest of the log must flow, or the server would block on a full pipe.
        let (heard, log) = channel();
        // Err when nobody asks any more.
        std::thread::spawn(move || lines.for_each(|line| drop(heard.send(line))));
        Self { child, port, log }
    }

    pub(crate) fn client(&self, origin: &str) -> Client {
        Client::new(self.port, origin)
    }

    /// Asks the server to stop, as the system does, and tells how it ended.
    pub(crate) fn stop(self) -> std::process::ExitStatus {
        self.stop_with_log().0
    }

    /// The same, with all that it logged since it served.
    pub(crate) fn stop_with_log(mut self) -> (std::process::ExitStatus, Vec<String>) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(told.success());
        let status = self.child.wait().expect("the server ends");
        // The pipe ends with the server.
        (status, self.log.iter().collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Err when it ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn port_in(line: &str) -> Option<u16> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    if line["message"] != "serving" {
        return None;
    }
    line["address"].as_str()?.rsplit_once(':')?.1.parse().ok()
}

/// Whether the other side ends the connection, whatever it says before, within so long.
pub(crate) fn is_ended_within(longest: Duration, mut connection: &TcpStream) -> bool {
    connection.set_read_timeout(Some(longest)).expect("a timeout");
    loop {
        match connection.read(&mut [0; 4096]) {
            Ok(0) => return true,
            Ok(_) => {}
            // A reset is as good as an end.
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// Everything until the other side closes.
pub(crate) fn read_all(mut from: impl std::io::Read) -> Vec<u8> {
    let mut all = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = from.read_to_end(&mut all);
    all
}
