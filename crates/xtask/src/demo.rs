//! `cargo xtask demo`: from a checkout to a practice that serves, and back to nothing running.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::accounts::{self, Account};
use crate::install;
use crate::postgres::{self, Cluster, DATABASE, Purpose};
use crate::process::tool::{Tool, last_lines};
use crate::process::{
    Failure, Undertaker, built, failure, root, say, signal, stopping, stopwatch, wait_for, work_folder,
};
use crate::web;

/// Where the demo serves unless told otherwise, and how many ports after it are tried.
const FIRST_PORT: u16 = 8443;
const PORTS_TRIED: u16 = 100;
/// From start to the first good answer. Migrations and seeding take about a second; more than this is a fault.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How long the server may take to say goodbye to everybody.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Somebody else's server binary, already built together with its web client: the browser tests' build is the workspace's.
pub(crate) const GIVEN_SERVER: &str = "CURTAIN_SERVER";

/// What can be asked of the demo.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    port: Option<u16>,
    reset: bool,
    ready_file: Option<PathBuf>,
    /// On data of its own, forgotten afterwards: for tests.
    temporary: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| Failure(format!("{argument} wants a value")));
            match argument.as_str() {
                "--port" => {
                    let told = value()?;
                    let port = told.parse().ok().filter(|port| *port != 0);
                    options.port = Some(port.ok_or_else(|| Failure(format!("--port {told}: not a port")))?);
                }
                "--ready-file" => options.ready_file = Some(PathBuf::from(value()?)),
                "--reset" => options.reset = true,
                "--temporary" => options.temporary = true,
                unknown => return Err(Failure(format!("demo does not know {unknown}"))),
            }
        }
        Ok(options)
    }
}

/// `cargo xtask demo …`
pub(crate) fn command(arguments: &[String]) -> Result<(), Failure> {
    let options = Options::read(arguments)?;
    if let Some(file) = &options.ready_file {
        // What an earlier start wrote would be believed before this one serves.
        drop(fs::remove_file(file));
    }
    let mut demo = Demo::start(&options, None)?;
    if let Some(file) = &options.ready_file {
        demo.write_ready_file(file)?;
    }
    demo.introduce();
    demo.serve_until_stopped()
}

/// `cargo xtask dev`: the same, with Vite in front of it so that a changed source shows at once.
pub(crate) fn dev(arguments: &[String]) -> Result<(), Failure> {
    let options = Options::read(arguments)?;
    let vite = free_port(5173)?;
    let demo = Demo::start(&options, Some(format!("http://localhost:{vite}")))?;
    demo.introduce();
    let server = format!("http://127.0.0.1:{}", demo.port);
    let shown = web::script("dev", &["--port", &vite.to_string(), "--strictPort"])
        .env("CURTAIN_DEV_SERVER", server)
        .shown();
    if stopping() { Ok(()) } else { shown }
}

/// A practice that serves. Dropping it stops the server, then Postgres.
struct Demo {
    server: Server,
    cluster: Cluster,
    port: u16,
    url: String,
    log: PathBuf,
    accounts: String,
}

impl Demo {
    /// The seven steps. `origin`: what people type, when it is not our own address.
    fn start(options: &Options, origin: Option<String>) -> Result<Self, Failure> {
        let curtain = prepare()?;
        let start = stopwatch();
        step(6, "starting Postgres, migrating");
        let purpose = if options.temporary { Purpose::Test } else { Purpose::Demo };
        if options.reset {
            postgres::forget(purpose)?;
        }
        let cluster = Cluster::start(purpose)?;
        let database = cluster.url(DATABASE);
        let migrated =
            Tool::new(&curtain, &["migrate"]).env("CURTAIN_DATABASE_URL", &database).logged("migrate");
        migrated.map_err(|e| {
            Failure(format!("{e}\nif this data is from another version: cargo xtask demo --reset"))
        })?;
        let port = options.port.map_or_else(|| free_port(FIRST_PORT), port_is_free)?;
        let url = origin.unwrap_or_else(|| format!("http://localhost:{port}"));
        step(7, &format!("serving on port {port}"));
        let log = work_folder()?.join(format!("server-{port}.log"));
        let checkpoints = cluster.folder().join("audit-checkpoints");
        let server = Server::start(&curtain, &database, &url, port, &log, &checkpoints, cluster.lock())?;
        let accounts = Tool::new(&curtain, &["demo-accounts", "--json"]).output()?.trim().to_owned();
        let mut demo = Self { server, cluster, port, url, log, accounts };
        demo.wait_until_ready()?;
        say(format!("      serves after {:.1} s", start.elapsed().as_secs_f64()));
        Ok(demo)
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let mut ended = None;
        let came = wait_for(READY_WITHIN, || {
            ended = self.server.child.try_wait().ok().flatten();
            ended.is_some() || stopping() || is_ready(self.port)
        });
        match ended {
            _ if stopping() => Err(Failure("stopped".into())),
            Some(status) => Err(Failure(format!("the server ended ({status}){}", last_lines(&self.log)))),
            None if came => Ok(()),
            None => Err(Failure(format!("the server was not ready in time{}", last_lines(&self.log)))),
        }
    }

    fn introduce(&self) {
        say(format!("\nCurtain's demo practice: {}\n", self.url));
        let accounts = accounts::read(&self.accounts);
        for Account { name, role, email, .. } in &accounts {
            say(format!("  {name:<16} {role:<14} {email}"));
        }
        if let Some(account) = accounts.first() {
            say(format!("\n  password of everybody: {}", account.password));
            say(format!("  current code:          cargo xtask totp {}", account.email));
        }
        say(format!("  server's log:          {}\n\nCtrl-C stops it.", self.log.display()));
    }

    /// Written beside and renamed, so that whoever waits for the file never reads half of it.
    fn write_ready_file(&self, file: &Path) -> Result<(), Failure> {
        let text = format!(
            "{{\"url\":{},\"server_pid\":{},\"data_dir\":{},\"server_log\":{},\"accounts\":{}}}\n",
            accounts::quote(&self.url),
            self.server.child.id(),
            accounts::quote(&self.cluster.folder().display().to_string()),
            accounts::quote(&self.log.display().to_string()),
            self.accounts,
        );
        let mut beside = file.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, file));
        written.map_err(|e| failure(file.display(), e))
    }

    fn serve_until_stopped(&mut self) -> Result<(), Failure> {
        let mut ended = None;
        while ended.is_none() && !stopping() {
            wait_for(Duration::from_millis(500), stopping);
            ended = self.server.child.try_wait()?;
        }
        match ended {
            Some(status) if !stopping() => {
                Err(Failure(format!("the server ended by itself ({status}){}", last_lines(&self.log))))
            }
            _ => {
                say("\nstopping the server and Postgres ...");
                Ok(())
            }
        }
    }
}

/// Steps 1 to 5: everything that only needs to happen once per version.
fn prepare() -> Result<PathBuf, Failure> {
    if let Some(given) = std::env::var_os(GIVEN_SERVER) {
        return Ok(PathBuf::from(given));
    }
    step(1, "checking Node.js");
    install::node()?;
    step(2, "finding Postgres");
    install::postgres()?;
    step(3, "installing the web client's packages (about 20 s the first time)");
    web::packages("web")?;
    step(4, "building the web client (about 10 s after a change)");
    web::build()?;
    step(5, "building the server (minutes the first time)");
    Tool::new("cargo", &["build", "--package", "curtain-server"]).shown()?;
    built("curtain")
}

fn step(number: u32, what: &str) {
    say(format!("[{number}/7] {what} ..."));
}

/// The `curtain serve` process. Dropping it says goodbye first.
struct Server {
    child: Child,
    undertaker: Option<Undertaker>,
}

impl Server {
    fn start(
        curtain: &Path,
        database: &str,
        origin: &str,
        port: u16,
        log: &Path,
        checkpoints: &Path,
        lock: &File,
    ) -> Result<Self, Failure> {
        let log = File::create(log).map_err(|e| failure(log.display(), e))?;
        let mut command = Command::new(curtain);
        command.args(["serve", "--demo", "--media-address", "127.0.0.1", "--media-port", "0"]);
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--public-origin", origin]);
        // Not on the command line, which everybody on the machine can read.
        command.env("CURTAIN_DATABASE_URL", database).current_dir(root());
        command.env("CURTAIN_AUDIT_CHECKPOINTS", checkpoints);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(|e| failure(curtain.display(), e))?;
        let undertaker = Undertaker::watch(child.id(), "TERM", lock)?;
        Ok(Self { child, undertaker: Some(undertaker) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        signal("TERM", &self.child.id().to_string());
        if !wait_for(STOP_WITHIN, || self.child.try_wait().is_ok_and(|ended| ended.is_some())) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
        if let Some(undertaker) = self.undertaker.take() {
            undertaker.dismiss();
        }
    }
}

/// Whether `/readyz` answers 200.
fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// Free on both loopback addresses: a browser that tries `localhost` on IPv6 first must not meet somebody else.
fn port_is_free(port: u16) -> Result<u16, Failure> {
    let taken = |error: std::io::Error| failure(format!("port {port} is taken"), error);
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(taken(error)),
        _ => Ok(port),
    }
}

fn free_port(first: u16) -> Result<u16, Failure> {
    let free = (first..first + PORTS_TRIED).find(|port| port_is_free(*port).is_ok());
    free.ok_or_else(|| Failure(format!("no free port from {first} on; say one with --port")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_demo_understands_its_flags_and_no_others() {
        let told = Options::read(&words("--port 9000 --reset --ready-file here.json")).unwrap();
        let ready_file = Some(PathBuf::from("here.json"));
        assert_eq!(told, Options { port: Some(9000), reset: true, ready_file, temporary: false });
        for wrong in ["--port", "--port 0", "--port many", "--prot 9000", "now"] {
            assert!(Options::read(&words(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_taken_port_is_passed_over_unless_it_was_asked_for() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(port_is_free(port).unwrap_err().to_string().contains(&format!("port {port} is taken")));
        if port < u16::MAX - PORTS_TRIED {
            assert!(free_port(port).unwrap() > port);
        }
    }

    #[test]
    fn a_server_is_ready_when_it_says_200_and_only_then() {
        for (answer, ready) in [("200 OK", true), ("503 Service Unavailable", false)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                // In one piece: whoever asks may hang up as soon as the first line is there.
                stream.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).unwrap();
                // Read to the end, so that closing does not reset the connection under the answer.
                drop(std::io::copy(&mut stream, &mut std::io::sink()));
            });
            assert_eq!(is_ready(port), ready, "{answer}");
            server.join().unwrap();
        }
    }
}
