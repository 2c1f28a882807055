//! A demo in its own home, and what is needed to look at it from outside.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Ten times what a start takes on two busy cores.
const READY_ATTEMPTS: u32 = 1200;
const PAUSE: Duration = Duration::from_millis(50);

/// A data folder of one test, gone with it.
pub(crate) struct Home(PathBuf);

impl Home {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("curtain-process-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("the temporary folder is writable");
        Self(folder)
    }

    /// Live postmasters of this home.
    pub(crate) fn postmasters(&self) -> usize {
        let ours = |entry: &fs::DirEntry| {
            fs::read_link(entry.path().join("cwd")).is_ok_and(|folder| folder.starts_with(&self.0))
        };
        fs::read_dir("/proc").expect("/proc").flatten().filter(ours).count()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// `cargo xtask demo`, as its own process.
pub(crate) struct RunningDemo {
    xtask: Child,
    ready: Value,
}

impl RunningDemo {
    /// Starts it and waits until it says that it serves.
    pub(crate) fn start(home: &Home) -> Self {
        let file = home.0.join("ready.json");
        drop(fs::remove_file(&file));
        let (port, file_name) = (free_port().to_string(), file.display().to_string());
        let arguments = ["--port", &port, "--ready-file", &file_name];
        let mut xtask = command(home, &arguments).spawn().expect("xtask starts");
        for _ in 0..READY_ATTEMPTS {
            if let Ok(text) = fs::read_to_string(&file) {
                return Self { xtask, ready: serde_json::from_str(&text).expect("the ready file is JSON") };
            }
            if let Some(status) = xtask.try_wait().expect("xtask is ours") {
                panic!("the demo ended before it served: {status}\n{}", output(&mut xtask));
            }
            thread::sleep(PAUSE);
        }
        send("TERM", xtask.id());
        panic!("the demo did not serve in time: {}", output(&mut xtask));
    }

    /// Starts one that must not come up; what it said.
    pub(crate) fn refused(home: &Home, arguments: &[&str]) -> String {
        let mut xtask = command(home, arguments).spawn().expect("xtask starts");
        let told = output(&mut xtask);
        assert!(!xtask.wait().expect("xtask is ours").success(), "{told}");
        told
    }

    pub(crate) fn server(&self) -> u32 {
        self.ready["server_pid"].as_u64().and_then(|pid| pid.try_into().ok()).expect("server_pid")
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        PathBuf::from(self.ready["data_dir"].as_str().expect("data_dir"))
    }

    pub(crate) fn postmaster(&self) -> u32 {
        let file = self.data_dir().join("data/postmaster.pid");
        let told = fs::read_to_string(&file).expect("Postgres runs");
        told.lines().next().and_then(|pid| pid.parse().ok()).expect("a process id")
    }

    pub(crate) fn port(&self) -> u16 {
        let url = self.ready["url"].as_str().expect("url");
        url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port in the address")
    }

    pub(crate) fn is_ready(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port()))?;
            write!(
                stream,
                "GET /readyz HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
                self.port()
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// Sends a signal to the process that was started, and to no other, and waits for it.
    pub(crate) fn end_by(mut self, signal: &str) {
        send(signal, self.xtask.id());
        self.xtask.wait().expect("xtask is ours");
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.xtask.wait().expect("xtask is ours")
    }
}

impl Drop for RunningDemo {
    fn drop(&mut self) {
        send("TERM", self.xtask.id());
        drop(self.xtask.wait());
    }
}

/// The demo takes the next free port by itself; two tests that start at once would see the same one as free.
fn free_port() -> u16 {
    let probe = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    probe.local_addr().expect("its address").port()
}

fn command(home: &Home, arguments: &[&str]) -> Command {
    let built = std::env::current_exe().expect("a test binary").ancestors().nth(2).map(Path::to_path_buf);
    let built = built.expect("target/debug/deps");
    let server = built.join("curtain");
    assert!(server.is_file(), "{} is missing: `cargo xtask test` builds it", server.display());
    let mut command = Command::new(built.join("xtask"));
    command.arg("demo").args(arguments).env("CURTAIN_SERVER", server).env("CURTAIN_DATA_HOME", &home.0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn output(child: &mut Child) -> String {
    let mut told = String::new();
    if let Some(mut stream) = child.stderr.take() {
        drop(stream.read_to_string(&mut told));
    }
    told
}

/// Sends a signal by its name.
pub(crate) fn send(signal: &str, process: u32) {
    drop(
        Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", signal, &process.to_string()])
            .stderr(Stdio::null())
            .status(),
    );
}

/// Whether a process is no more, or only waits for somebody to take note of its end.
pub(crate) fn gone(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .map_or(true, |stat| stat.rsplit(") ").next().is_some_and(|state| state.starts_with('Z')))
}
