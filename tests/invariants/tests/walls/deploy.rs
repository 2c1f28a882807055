//! What operators install: read by a program here before an operator reads it at night.

use std::collections::BTreeSet;

use curtain_invariants::{expect_none, root};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The meaningful lines of a file with `#` comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Environment variables that the binary reads, and what it makes them from.
fn settings() -> BTreeSet<String> {
    let sources = curtain_invariants::sources(&["crates/server/src"]);
    let told = sources.iter().flat_map(|source| source.text.split("env = \"").skip(1));
    told.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// `Key=Value` under its `[Section]`.
fn unit(text: &str) -> Vec<(String, String, String)> {
    let (mut section, mut found) = (String::new(), Vec::new());
    for line in lines(text) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else {
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("no setting: {line}"));
            found.push((section.clone(), key.to_owned(), value.to_owned()));
        }
    }
    found
}

#[test]
fn the_service_is_locked_in() {
    let unit = unit(&read("deploy/systemd/curtain.service"));
    let has = |section: &str, key: &str, value: &str| {
        unit.iter().any(|(s, k, v)| (s.as_str(), k.as_str(), v.as_str()) == (section, key, value))
    };
    let wanted = [
        ("ExecStart", "/usr/local/bin/curtain serve"),
        ("User", "curtain"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"),
        ("MemoryDenyWriteExecute", "yes"),
        ("LimitCORE", "0"),
        ("SystemCallFilter", "@system-service"),
    ];
    let missing = wanted.iter().filter(|(key, value)| !has("Service", key, value));
    expect_none(
        "missing in the unit",
        &missing.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
    );
    assert!(has("Install", "WantedBy", "multi-user.target"));
    let sections: BTreeSet<&str> = unit.iter().map(|(section, _, _)| section.as_str()).collect();
    assert_eq!(sections, BTreeSet::from(["Install", "Service", "Unit"]));
}

#[test]
fn secrets_come_as_credentials_and_reach_the_binary_by_name() {
    let unit = unit(&read("deploy/systemd/curtain.service"));
    let values =
        |key: &'static str| unit.iter().filter(move |(_, k, _)| k == key).map(|(_, _, value)| value.as_str());
    let loaded: BTreeSet<&str> =
        values("LoadCredential").filter_map(|value| value.split(':').next()).collect();
    let used: BTreeSet<&str> =
        values("Environment").filter_map(|value| value.split_once("=%d/")).map(|(_, name)| name).collect();
    assert_eq!(loaded, used);
    assert!(loaded.contains("key-encryption-key"));
    let settings = settings();
    let unknown = values("Environment")
        .filter_map(|value| value.split('=').next())
        .filter(|name| !settings.contains(*name));
    expect_none("settings the binary does not have", &unknown.map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn the_example_settings_exist_and_hold_no_secret() {
    let settings = settings();
    assert!(settings.contains("CURTAIN_DATABASE_URL"), "the scan found no settings: {settings:?}");
    let text = read("deploy/systemd/curtain.env");
    let mut found = Vec::new();
    for line in lines(&text) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if !settings.contains(name) {
            found.push(format!("{name} is no setting"));
        }
        // postgres://user:password@…
        if value.split_once("://").is_some_and(|(_, rest)| {
            rest.split('@').next().is_some_and(|user| user.contains(':') && rest.contains('@'))
        }) {
            found.push(format!("{name} holds a password"));
        }
    }
    expect_none("deploy/systemd/curtain.env", &found);
}

#[test]
fn postgres_lets_the_service_be_every_scope_and_never_the_owner() {
    let migration = read("migrations/20261122000100_roles_and_schema.sql");
    let list =
        migration.split("array[").nth(1).and_then(|rest| rest.split(']').next()).expect("the list of roles");
    let scopes: BTreeSet<&str> = list.split('\'').skip(1).step_by(2).collect();
    let ident = read("deploy/postgres/pg_ident.conf");
    let rows: Vec<Vec<&str>> = lines(&ident).map(|line| line.split_whitespace().collect()).collect();
    let mapped: BTreeSet<&str> =
        rows.iter().filter(|row| row[1].contains("curtain")).map(|row| row[2]).collect();
    assert_eq!(mapped, scopes);
    let hba = read("deploy/postgres/pg_hba.conf");
    let admitted: BTreeSet<&str> = lines(&hba)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| row.ends_with(&["peer", "map=curtain"]))
        .flat_map(|row| row[2].split(',').collect::<Vec<_>>())
        .collect();
    assert_eq!(admitted, scopes);
}

#[test]
fn the_container_carries_one_binary_and_no_rights() {
    let text = read("deploy/container/Containerfile");
    let steps: Vec<Vec<&str>> = lines(&text).map(|line| line.split_whitespace().collect()).collect();
    let known = ["FROM", "WORKDIR", "COPY", "RUN", "EXPOSE", "USER", "ENTRYPOINT", "CMD"];
    let mut found: Vec<String> =
        steps.iter().filter(|step| !known.contains(&step[0])).map(|step| step.join(" ")).collect();
    let images = steps.iter().filter(|step| step[0] == "FROM").map(|step| step[1]);
    found
        .extend(images.filter(|image| image.ends_with(":latest") || !image.contains(':')).map(str::to_owned));
    for step in steps.iter().filter(|step| step[0] == "COPY" && !step[1].starts_with("--")) {
        let from_here = step[1..step.len() - 1].iter().filter(|path| !root().join(path).exists());
        found.extend(from_here.map(|path| format!("{path} is not in the checkout")));
    }
    expect_none("deploy/container/Containerfile", &found);
    let last = steps.iter().rposition(|step| step[0] == "FROM").expect("a last stage");
    let copies = steps[last..].iter().filter(|step| step[0] == "COPY").count();
    assert!(
        copies == 1 && steps[last..].iter().any(|step| step[..] == ["USER", "nonroot"]),
        "the last stage"
    );
}
