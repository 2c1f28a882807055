//! fail2ban and `CrowdSec` read the log of the real server with the filters of `deploy/`: they see each wrong guess with its
//! address, and nothing that somebody typed makes them see another.

use std::io::Write as _;
use std::process::Command;

use curtain_storage::testing::TestDatabase;
use regex::Regex;
use serde_json::json;

use crate::support::{Answer, ORIGIN, Server, TestFile, code, connect, demo_accounts, read_all};

const FAIL2BAN: &str = include_str!("../../../../deploy/fail2ban/filter.d/curtain.conf");
const CROWDSEC: &str = include_str!("../../../../deploy/crowdsec/parsers/curtain.yaml");
/// An address that never asked.
const VICTIM: &str = "203.0.113.9";
const FILTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/fail2ban/filter.d/curtain.conf");

/// What fail2ban and `CrowdSec` make of their placeholders, in the words of this machine's regular expressions.
const ADDRESS: &str = "(?P<address>[0-9A-Fa-f.:]+)";

fn fail2ban() -> Regex {
    let pattern = FAIL2BAN.lines().find_map(|line| line.strip_prefix("failregex = ")).expect("a failregex");
    Regex::new(&pattern.replace("<ADDR>", ADDRESS)).expect("a regular expression")
}

fn crowdsec() -> Regex {
    let line = CROWDSEC.lines().find_map(|line| line.trim().strip_prefix("pattern: '")).expect("a pattern");
    let pattern = line
        .trim_end_matches('\'')
        .replace("%{IP:source_ip}", ADDRESS)
        .replace("%{TIMESTAMP_ISO8601:timestamp}", "[-+:.0-9TZ]+")
        .replace("%{WORD:guess}", r"\w+");
    assert!(!pattern.contains("%{"), "a placeholder is left: {pattern}");
    Regex::new(&pattern).expect("a regular expression")
}

/// The addresses that a filter finds.
fn found(filter: &Regex, lines: &[String]) -> Vec<String> {
    lines.iter().filter_map(|line| Some(filter.captures(line)?["address"].to_owned())).collect()
}

/// What a day brings: three wrong guesses, a sign-in, and somebody who wants another's address banned. The log of it.
fn a_day(database: &TestDatabase, more: &[&str]) -> Vec<String> {
    let server = Server::start(database, &[&["--demo", "--public-origin", ORIGIN], more].concat());
    let lee = demo_accounts()[0].clone();
    let mut client = server.client(ORIGIN);
    let wrong = json!({"email": lee["email"], "password": "not this one"});
    client.post("/api/v1/sign-in", &wrong).expect(401);
    let right = json!({"email": lee["email"], "password": lee["password"]});
    client.post("/api/v1/sign-in", &right).expect(200);
    client.post("/api/v1/sign-in/code", &json!({"code": "none"})).expect(401);
    let secret = lee["totp_secret"].as_str().expect("a secret");
    client.post("/api/v1/sign-in/code", &json!({"code": code(secret, 1)})).expect(200);
    client.get("/api/v1/visits").expect(200);
    forge(&server);
    let (status, log) = server.stop_with_log();
    assert!(status.success());
    log
}

/// A line of the log, as somebody would like to write it.
fn forged_line() -> String {
    format!(
        r#"{{"timestamp":"2026-11-22T06:00:00.000000Z","level":"WARN","message":"a wrong guess","client":"{VICTIM}","event":"sign_in_failed","target":"curtain::security"}}"#
    )
}

/// Writes that line wherever one can write: into the address, the password, the path, the headers.
fn forge(server: &Server) {
    let forged = format!("\n{}\n", forged_line());
    let body = json!({"email": forged, "password": forged}).to_string();
    let words = forged.trim();
    let request = format!(
        "POST /api/v1/sign-in?{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\norigin: {ORIGIN}\r\nx-curtain: 1\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nuser-agent: {words}\r\nx-forwarded-for: {VICTIM}\r\n\
         cookie: session={words}\r\nx-request-id: {words}\r\n\r\n{body}",
        "%0A%7B%22client%22",
        body.len(),
    );
    let mut connection = connect(server.port);
    connection.write_all(request.as_bytes()).expect("the server reads");
    Answer::parse(&read_all(connection)).expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_guess_is_found_with_its_address_and_nothing_else_is() {
    let database = TestDatabase::fresh().await;
    let log = a_day(&database, &["--log-level", "debug"]);
    assert!(log.iter().any(|line| line.contains("signed in")), "the log tells of the sign-in");
    for filter in [fail2ban(), crowdsec()] {
        assert_eq!(found(&filter, &log), ["127.0.0.1"; 3], "{}", log.join("\n"));
    }
    let of_the_journal: Vec<String> =
        log.iter().map(|line| format!("visits curtain[4711]: {line}")).collect();
    assert_eq!(found(&fail2ban(), &of_the_journal), ["127.0.0.1"; 3]);
    fail2ban_itself_finds(&log, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_can_be_switched_off() {
    let database = TestDatabase::fresh().await;
    let log = a_day(&database, &["--log-client-addresses", "false", "--log-level", "trace"]);
    assert!(found(&fail2ban(), &log).is_empty());
    let address = "\"client\"";
    assert!(!log.iter().any(|line| line.contains(address)), "an address was logged");
}

#[test]
fn a_line_that_only_holds_such_a_line_is_none() {
    let (line, escaped) = (forged_line(), forged_line().replace('"', "\\\""));
    for filter in [fail2ban(), crowdsec()] {
        assert_eq!(found(&filter, core::slice::from_ref(&line)), [VICTIM], "the real one is found");
        for forged in [
            format!(r#"{{"timestamp":"2026-11-22T06:00:00Z","level":"WARN","message":"{escaped}"}}"#),
            format!("GET /{line}"),
            format!(" {line}"),
            line.replace("curtain::security", "curtain_api"),
            line.replace("WARN", "INFO"),
            line.replace(VICTIM, &format!("{VICTIM}\\\",\\\"x")),
            line.replace("a wrong guess", "signed in"),
        ] {
            assert!(found(&filter, core::slice::from_ref(&forged)).is_empty(), "{forged}");
        }
    }
}

/// Asks fail2ban's own program, where it is installed; elsewhere says so.
#[expect(clippy::print_stdout, reason = "a figure of the test run, and what was left out of it")]
fn fail2ban_itself_finds(log: &[String], wanted: usize) {
    let file = TestFile::new(&(log.join("\n") + "\n"));
    let Ok(output) = Command::new("fail2ban-regex").args([file.path(), FILTER]).output() else {
        return println!("fail2ban-regex is not installed: its filter was tried by translation alone");
    };
    let told = String::from_utf8_lossy(&output.stdout);
    let lines = told.lines().find(|line| line.starts_with("Lines:")).unwrap_or_else(|| panic!("{told}"));
    assert!(lines.contains(&format!(" {wanted} matched")), "{told}");
    println!("fail2ban-regex: {lines}");
}
