//! `cargo xtask test`: everything that must hold, stage after stage, to the end even when one fails.
//!
//! The last line is `N passed, N failed`: tests as their own tools count them, and each stage without tests as one.

use std::time::Duration;

use crate::demo::GIVEN_SERVER;
use crate::install;
use crate::postgres::{Cluster, Purpose};
use crate::process::cargo::{build_everything, cargo, compile};
use crate::process::tool::Tool;
use crate::process::{Failure, built, root, say, stopping, stopwatch};
use crate::{generate, web};

/// Where tests find Postgres: a superuser's URL. One that is set already is used as it is.
const DATABASE: &str = "CURTAIN_TEST_DATABASE_URL";

/// One of the three languages, so to speak, that tests are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Rust,
    Web,
    Browser,
}

/// What to run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// This part and no other.
    only: Option<Part>,
    /// Without what takes minutes: browsers, and tests that start several servers and kill them.
    quick: bool,
    /// A machine where Chromium can't be installed: say so and go on.
    allow_missing_browser: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            match argument {
                "--quick" => options.quick = true,
                "--allow-missing-browser" => options.allow_missing_browser = true,
                "--only" => {
                    options.only = Some(match rest.next() {
                        Some("rust") => Part::Rust,
                        Some("web") => Part::Web,
                        Some("browser") => Part::Browser,
                        _ => return Err(Failure("--only wants rust, web or browser".into())),
                    });
                }
                unknown => return Err(Failure(format!("test does not know {unknown}"))),
            }
        }
        Ok(options)
    }

    fn wants(&self, part: Part) -> bool {
        self.only.map_or(!(self.quick && part == Part::Browser), |only| only == part)
    }
}

/// `cargo xtask test …`
pub(crate) fn command(arguments: &[String]) -> Result<(), Failure> {
    let options = Options::read(arguments)?;
    let mut report = Report::default();
    // The client comes first: the server's binary carries it.
    report.stage("node", |_| install::node());
    report.stage("web packages", |_| web::packages("web"));
    report.stage("web build", |_| web::build());
    if options.wants(Part::Rust) {
        rust(&mut report, &options);
    }
    if options.wants(Part::Web) {
        report.stage("web types", |_| web::script("check", &[]).logged("web-check"));
        report.stage("web lint", |_| web::script("lint", &[]).logged("web-lint"));
        report.stage("web unit", |counts| {
            counts.read(web::script("test", &[]).env("NO_COLOR", "1"), "web-test")
        });
    }
    if options.wants(Part::Browser) {
        browser(&mut report, &options);
    }
    report.finish()
}

fn rust(report: &mut Report, options: &Options) {
    report.stage("rust components", |_| install::rust_components());
    report.stage("format", |_| cargo(&["fmt", "--all", "--check"]).logged("fmt"));
    report.stage("clippy", |_| compile(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    // All targets at once: one set of features, so that the tests, the server and the generators are built only once.
    report.stage("build", |_| build_everything());
    report.stage("generated files", |_| generate::check());
    report.stage("rust tests", |counts| {
        let database = Database::find()?;
        let mut arguments = vec!["test", "--workspace", "--no-fail-fast"];
        if options.quick {
            arguments.extend(["--exclude", "curtain-process"]);
        }
        counts.read(cargo(&arguments).env(DATABASE, database.url()), "cargo-test")
    });
}

fn browser(report: &mut Report, options: &Options) {
    let chromium = match install::chromium() {
        Ok(chromium) => chromium,
        Err(told) if options.allow_missing_browser => return say(format!("SKIPPED browser tests: {told}")),
        Err(told) => return report.stage("browser", |_| Err(told)),
    };
    report.stage("browser packages", |_| web::packages("tests/browser"));
    if !options.wants(Part::Rust) {
        report.stage("build", |_| build_everything());
    }
    report.stage("browser", |counts| {
        let tool = Tool::new("npm", &["test", "--silent"]).folder(&root().join("tests/browser"));
        let tool =
            tool.env("NO_COLOR", "1").env("CURTAIN_CHROMIUM", chromium).env(GIVEN_SERVER, built("curtain")?);
        counts.read(tool, "browser")
    });
}

/// The Postgres of this run.
enum Database {
    /// Somebody set one: theirs to stop.
    Given(String),
    /// Ours, gone with the run.
    Private(Cluster),
}

impl Database {
    fn find() -> Result<Self, Failure> {
        match std::env::var(DATABASE) {
            Ok(url) if !url.is_empty() => Ok(Self::Given(url)),
            _ => Cluster::start(Purpose::Test).map(Self::Private),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::Private(cluster) => cluster.url("postgres"),
        }
    }
}

/// Passed and failed tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Runs a tool that runs tests and adds what it counts.
    fn read(&mut self, tool: Tool, log: &str) -> Result<(), Failure> {
        tool.env("CI", "true").read(log, &mut |line| self.add(counted(line)))
    }
}

/// The summary lines of cargo (`test result: ok. 3 passed; 0 failed; …`), vitest (`Tests  1 failed | 2 passed (3)`) and
/// Playwright (`  3 passed (20.1s)`, `  1 failed`).
fn counted(line: &str) -> Counts {
    let line = line.trim();
    let words: Vec<&str> = line.split([' ', ';', '|']).filter(|word| !word.is_empty()).collect();
    let playwright = || words.len() <= 3 && words.first().is_some_and(|word| word.parse::<u64>().is_ok());
    if !(line.starts_with("test result:") || line.starts_with("Tests ") || playwright()) {
        return Counts::default();
    }
    let before = |what: &str| {
        let at = words.iter().position(|word| *word == what)?;
        words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
    };
    // With retries off, "flaky" and "interrupted" can only mean that something is wrong.
    let failed = ["failed", "flaky", "interrupted"].iter().filter_map(|what| before(what)).sum();
    Counts { passed: before("passed").unwrap_or(0), failed }
}

/// What came of each stage.
#[derive(Default)]
struct Report {
    counts: Counts,
    lines: Vec<String>,
    failures: Vec<String>,
}

impl Report {
    fn stage(&mut self, name: &str, run: impl FnOnce(&mut Counts) -> Result<(), Failure>) {
        if stopping() {
            return;
        }
        say(format!("== {name} ..."));
        let (start, mut counts) = (stopwatch(), Counts::default());
        let outcome = run(&mut counts);
        let line = summary(name, start.elapsed(), counts, outcome.is_ok());
        say(&line);
        self.lines.push(line);
        match outcome {
            Err(told) => {
                counts.failed = counts.failed.max(1);
                say(&told);
                self.failures.push(format!("{name}: {told}"));
            }
            Ok(()) if counts == Counts::default() => counts.passed = 1,
            Ok(()) => {}
        }
        self.counts.add(counts);
    }

    fn finish(self) -> Result<(), Failure> {
        if stopping() {
            return Err(Failure("stopped".into()));
        }
        say("");
        for line in &self.lines {
            say(line);
        }
        if !self.failures.is_empty() {
            say(format!("\nwhat failed:\n{}\n", self.failures.join("\n")));
        }
        let Counts { passed, failed } = self.counts;
        say(format!("{passed} passed, {failed} failed"));
        // That line is the last word, also when it is a bad one.
        if failed == 0 { Ok(()) } else { Err(Failure(String::new())) }
    }
}

fn summary(name: &str, took: Duration, counts: Counts, good: bool) -> String {
    let verdict = if good { "ok" } else { "FAILED" };
    let tests = match counts {
        Counts { passed: 0, failed: 0 } => String::new(),
        Counts { passed, failed } => format!("  {passed} passed, {failed} failed"),
    };
    format!("== {name:<16} {verdict:<6} {:>6.1} s{tests}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tools_own_count_is_read() {
        let table = [
            (
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
                12,
                0,
            ),
            (
                "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s",
                3,
                2,
            ),
            ("      Tests  1 failed | 41 passed (42)", 41, 1),
            ("      Tests  7 passed (7)", 7, 0),
            ("  14 passed (1.9m)", 14, 0),
            ("  2 failed", 0, 2),
            ("  1 flaky", 0, 1),
            (" Test Files  3 passed (3)", 0, 0),
            ("running 12 tests", 0, 0),
            ("  1 error was not a part of any test, see above for details", 0, 0),
            ("test a_tool_says_3_passed ... ok", 0, 0),
        ];
        for (line, passed, failed) in table {
            assert_eq!(counted(line), Counts { passed, failed }, "{line}");
        }
    }

    #[test]
    fn a_stage_that_fails_without_a_count_still_counts() {
        let mut report = Report::default();
        report.stage("good", |_| Ok(()));
        report.stage("bad", |_| Err(Failure("no".into())));
        report.stage("tests", |counts| {
            counts.add(Counts { passed: 5, failed: 2 });
            Err(Failure("two failed".into()))
        });
        assert_eq!(report.counts, Counts { passed: 6, failed: 3 });
        assert!(report.finish().is_err());
    }

    #[test]
    fn quick_leaves_out_browsers_and_only_narrows() {
        let options =
            |line: &str| Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let quick = options("--quick").unwrap();
        assert!(quick.wants(Part::Rust) && quick.wants(Part::Web) && !quick.wants(Part::Browser));
        let browser = options("--only browser").unwrap();
        assert!(!browser.wants(Part::Rust) && browser.wants(Part::Browser));
        assert!(options("--only everything").is_err() && options("--fast").is_err());
    }
}
