//! A Postgres of our own: a folder, a socket, no port, no password, and never root's rights.
//!
//! The socket stands in a 0700 folder, so `trust` inside it means: whoever may open the folder. As root the cluster belongs
//! to the user `postgres` (else `nobody`), because `initdb` refuses root and a 0700 home would lock the dropped user out.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::install::{self, is_root};
use crate::process::tool::{Tool, last_lines};
use crate::process::{Failure, Undertaker, failure, root, say, signal, stopping, wait_for};
use crate::wasm::sha256;

/// The superuser and owner inside our clusters; the owner only migrates, the server logs in as the scopes' roles.
const OWNER: &str = "curtain_owner";
/// The database of the demo.
pub(crate) const DATABASE: &str = "curtain";
/// The kernel's limit on a socket's path is 108 bytes with its final zero.
const SOCKET_PATH_LIMIT: usize = 107;
/// How long another start may hold the folder before we say who it is: a stopping one needs about a second.
const LOCK_PATIENCE: Duration = Duration::from_secs(15);
/// After a SIGKILL of the postmaster its backends need a moment to notice; until then a start is refused.
const START_ATTEMPTS: u32 = 10;

/// What the cluster is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Kept, and as durable as in production.
    Demo,
    /// Kept for engineers until `--stop`, and fast rather than durable.
    Shared,
    /// Removed with the run, and fast rather than durable.
    Test,
}

/// A running cluster. Dropping it stops it, unless it was left running on purpose.
pub(crate) struct Cluster {
    programs: PathBuf,
    /// Ours: holds `data` and `socket` of the cluster's user, and what else we keep beside them.
    folder: PathBuf,
    user: Option<(u32, u32)>,
    purpose: Purpose,
    undertaker: Option<Undertaker>,
    /// Held while we live, so that two runs never share one folder. The kernel lets go when we die.
    lock: File,
}

impl Cluster {
    /// Starts the cluster of this purpose, making it first where there is none.
    pub(crate) fn start(purpose: Purpose) -> Result<Self, Failure> {
        let programs = install::postgres()?;
        let folder = folder_for(purpose)?;
        let lock = lock(&folder)?;
        let mut cluster = Self { programs, folder, user: cluster_user()?, purpose, undertaker: None, lock };
        cluster.prepare()?;
        if cluster.postmaster().is_none() {
            cluster.launch()?;
        }
        if purpose != Purpose::Shared {
            let pid = cluster.postmaster().ok_or_else(|| Failure("Postgres stopped at once".into()))?;
            // SIGINT is Postgres' fast shutdown: sessions are ended, data is safe.
            cluster.undertaker = Some(Undertaker::watch(pid, "INT", &cluster.lock)?);
        }
        Ok(cluster)
    }

    /// `postgres://…` over the socket, as the owner.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{OWNER}@localhost/{database}?host={}", self.socket().display())
    }

    /// What keeps a second run out of this folder.
    pub(crate) const fn lock(&self) -> &File {
        &self.lock
    }

    /// Where this cluster keeps its things.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn socket(&self) -> PathBuf {
        socket_folder(&self.folder)
    }

    /// The folders with their owners, and a fresh cluster with the demo's database where there is none.
    fn prepare(&self) -> Result<(), Failure> {
        for folder in [self.data(), self.socket()] {
            let made = fs::create_dir_all(&folder)
                .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)))
                .and_then(|()| self.user.map_or(Ok(()), |(uid, gid)| chown(&folder, Some(uid), Some(gid))));
            made.map_err(|e| failure(folder.display(), e))?;
        }
        if self.data().join("PG_VERSION").is_file() && self.folder.join("made").is_file() {
            return Ok(());
        }
        // Without our mark an earlier `initdb` was cut short: nothing in there was ever used.
        fs::remove_dir_all(self.data()).map_err(|e| failure(self.data().display(), e))?;
        fs::create_dir(self.data())?;
        fs::set_permissions(self.data(), fs::Permissions::from_mode(0o700))?;
        if let Some((uid, gid)) = self.user {
            chown(self.data(), Some(uid), Some(gid))?;
        }
        let data = self.data().display().to_string();
        self.tool(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                OWNER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
        )
        .logged("postgres-initdb")?;
        self.make_database()?;
        fs::write(self.folder.join("made"), "")?;
        Ok(())
    }

    /// Single-user mode needs no client program: Debian packs `psql` apart from the server.
    fn make_database(&self) -> Result<(), Failure> {
        let mut command = Command::new(self.programs.join("postgres"));
        command.args(["--single", "-D"]).arg(self.data()).arg("postgres").current_dir(self.data());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let mut single = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        if let Some(mut input) = single.stdin.take() {
            writeln!(input, "create database {DATABASE};")?;
        }
        let status = single.wait()?;
        status.success().then_some(()).ok_or_else(|| failure("creating the database", status))
    }

    fn launch(&self) -> Result<(), Failure> {
        // A stale one may name a process that is now somebody else's, and Postgres would believe it.
        drop(fs::remove_file(self.data().join("postmaster.pid")));
        let durability = match self.purpose {
            Purpose::Demo => "",
            Purpose::Shared | Purpose::Test => {
                "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
            }
        };
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c unix_socket_permissions=0700 -c max_connections=200 {durability}",
            self.socket().display()
        );
        let (data, log) = (self.data().display().to_string(), self.data().join("server.log"));
        let log_name = log.display().to_string();
        let arguments = ["start", "-w", "-t", "120", "-s", "-D", &data, "-l", &log_name, "-o", &options];
        for _ in 1..START_ATTEMPTS {
            if self.tool("pg_ctl", &arguments).logged("postgres-start").is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(300));
        }
        let last = self.tool("pg_ctl", &arguments).logged("postgres-start");
        last.map_err(|e| Failure(format!("{e}{}", last_lines(&log))))
    }

    fn tool(&self, program: &str, arguments: &[&str]) -> Tool {
        // The dropped user may not be allowed into our own working folder.
        Tool::new(self.programs.join(program), arguments).folder(&self.data()).user(self.user)
    }

    /// The live postmaster of this folder.
    fn postmaster(&self) -> Option<u32> {
        postmaster_of(&self.data())
    }

    /// Lets go without stopping: for `--background`.
    pub(crate) fn leave_running(self) {
        debug_assert!(self.purpose == Purpose::Shared, "only the shared cluster has no undertaker");
        std::mem::forget(self);
    }

    fn stop(&mut self) {
        stop_postmaster(&self.data());
        if let Some(undertaker) = self.undertaker.take() {
            undertaker.dismiss();
        }
        if self.purpose == Purpose::Test {
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Beside the data, unless that path is too long for a socket: then a short one that is still this folder's alone.
fn socket_folder(folder: &Path) -> PathBuf {
    let beside = folder.join("socket");
    if beside.join(".s.PGSQL.5432.lock").as_os_str().len() <= SOCKET_PATH_LIMIT {
        return beside;
    }
    let short = format!("curtain-{}", &sha256::hex(folder.as_os_str().as_encoded_bytes())[..16]);
    std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from).join(short)
}

/// The process that `postmaster.pid` names, if it is still the postmaster: one that runs inside this data folder.
fn postmaster_of(data: &Path) -> Option<u32> {
    let told = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: u32 = told.lines().next()?.trim().parse().ok()?;
    works_in(pid, data).then_some(pid)
}

/// Whether the process lives and has this folder as its own: a postmaster does, until it is really gone.
fn works_in(pid: u32, data: &Path) -> bool {
    let theirs = fs::read_link(format!("/proc/{pid}/cwd"));
    theirs.is_ok_and(|theirs| data.canonicalize().is_ok_and(|data| theirs == data))
}

/// Fast first: sessions are ended, a checkpoint is written. After ten seconds without an end, as in a crash: safe too.
fn stop_postmaster(data: &Path) {
    let Some(pid) = postmaster_of(data) else { return };
    for (how, patience) in [("INT", 10), ("QUIT", 5), ("KILL", 2)] {
        signal(how, &pid.to_string());
        if wait_for(Duration::from_secs(patience), || !works_in(pid, data)) {
            return;
        }
    }
}

/// Uid and gid of the user that the cluster runs as; `None` when we are nobody special ourselves.
fn cluster_user() -> Result<Option<(u32, u32)>, Failure> {
    if !is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(|e| failure("/etc/passwd", e))?;
    let user = ["postgres", "nobody"].iter().find_map(|name| ids_of(&passwd, name));
    user.map(Some).ok_or_else(|| {
        Failure("neither a user postgres nor a user nobody: as whom should Postgres run?".into())
    })
}

fn ids_of(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Where a cluster of this purpose lives, made so that its user may walk in. Each checkout has its own demo.
pub(crate) fn folder_for(purpose: Purpose) -> Result<PathBuf, Failure> {
    let checkout = sha256::hex(root().as_os_str().as_encoded_bytes())[..8].to_owned();
    let (kind, name) = match purpose {
        Purpose::Demo => ("demo", checkout),
        Purpose::Shared => ("test", format!("shared-{checkout}")),
        Purpose::Test => ("test", std::process::id().to_string()),
    };
    let home = data_home(kind)?;
    let mode = if is_root() { 0o755 } else { 0o700 };
    for folder in [&home, &home.join(&name)] {
        let walkable = fs::create_dir_all(folder)
            .and_then(|()| fs::set_permissions(folder, fs::Permissions::from_mode(mode)));
        walkable.map_err(|e| failure(folder.display(), e))?;
    }
    if purpose == Purpose::Test {
        sweep(&home);
    }
    Ok(home.join(name))
}

/// Root keeps it out of its 0700 home, which Postgres' user could not enter; everybody else in their own data folder.
/// `CURTAIN_DATA_HOME` is for tests, and for whoever wants it elsewhere.
fn data_home(kind: &str) -> Result<PathBuf, Failure> {
    if let Some(told) = std::env::var_os("CURTAIN_DATA_HOME") {
        return Ok(PathBuf::from(told).join(kind));
    }
    if is_root() {
        return Ok(PathBuf::from(format!("/var/lib/curtain-{kind}")));
    }
    let told = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = told("XDG_DATA_HOME").or_else(|| told("HOME").map(|home| home.join(".local/share")));
    home.map(|home| home.join("curtain").join(kind))
        .ok_or_else(|| Failure("neither XDG_DATA_HOME nor HOME is set".into()))
}

/// Removes test clusters whose run died without a word. Those of live runs hold their lock.
fn sweep(home: &Path) {
    for folder in fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let of_a_run = folder.file_name().is_some_and(|name| name.to_string_lossy().parse::<u32>().is_ok());
        let Some(lock) = of_a_run.then(|| File::open(folder.join("lock")).ok()).flatten() else { continue };
        if lock.try_lock().is_ok() {
            stop_postmaster(&folder.join("data"));
            drop(fs::remove_dir_all(&folder));
        }
    }
}

/// One run per folder. A run that is just stopping is waited for; one that goes on is named.
fn lock(folder: &Path) -> Result<File, Failure> {
    let path = folder.join("lock");
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
    let mut outcome = Ok(());
    let free = wait_for(LOCK_PATIENCE, || match file.try_lock() {
        Err(TryLockError::WouldBlock) => stopping(),
        Err(TryLockError::Error(error)) => {
            outcome = Err(failure(path.display(), error));
            true
        }
        Ok(()) => true,
    });
    outcome?;
    if !free || stopping() {
        let holder = fs::read_to_string(&path).unwrap_or_default();
        return Err(Failure(format!("already in use by process {} ({})", holder.trim(), folder.display())));
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Forgets a kept cluster and all that stands beside it.
pub(crate) fn forget(purpose: Purpose) -> Result<(), Failure> {
    let folder = folder_for(purpose)?;
    let _lock = lock(&folder)?;
    stop_postmaster(&folder.join("data"));
    fs::remove_dir_all(&folder).map_err(|e| failure(folder.display(), e))
}

/// `cargo xtask postgres [--background | --stop]`: the cluster that tests want, for engineers.
pub(crate) fn command(arguments: &[String]) -> Result<(), Failure> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let cluster = Cluster::start(Purpose::Shared)?;
            say(format!("export CURTAIN_TEST_DATABASE_URL='{}'", cluster.url("postgres")));
            say("Ctrl-C stops it.");
            while !stopping() {
                thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        }
        ["--background"] => {
            let cluster = Cluster::start(Purpose::Shared)?;
            say(format!("export CURTAIN_TEST_DATABASE_URL='{}'", cluster.url("postgres")));
            cluster.leave_running();
            Ok(())
        }
        ["--stop"] => forget(Purpose::Shared),
        _ => Err(Failure("usage: cargo xtask postgres [--background | --stop]".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clusters_user_is_read_from_passwd() {
        let passwd = "root:x:0:0::/:/bin/sh\npostgresque:x:7:7::/:\npostgres:x:101:104:PostgreSQL:/var/lib:/bin/bash\n";
        assert_eq!(ids_of(passwd, "postgres"), Some((101, 104)));
        assert_eq!(ids_of(passwd, "nobody"), None);
    }

    #[test]
    fn a_deep_folder_gets_a_short_socket_path() {
        let shallow = Path::new("/var/lib/curtain-demo/1a2b3c4d");
        assert_eq!(socket_folder(shallow), shallow.join("socket"));
        let deep = PathBuf::from(format!("/home/{}", "deep/".repeat(20)));
        assert!(socket_folder(&deep).join(".s.PGSQL.5432").as_os_str().len() <= SOCKET_PATH_LIMIT);
    }

    #[test]
    fn a_stale_pid_file_names_no_postmaster() {
        let data = std::env::temp_dir().join(format!("curtain-stale-{}", std::process::id()));
        fs::create_dir_all(&data).unwrap();
        // A live process, but one that does not work in this folder: the number was given to somebody else since.
        fs::write(data.join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
        let found = postmaster_of(&data);
        fs::remove_dir_all(&data).unwrap();
        assert_eq!(found, None);
    }
}
