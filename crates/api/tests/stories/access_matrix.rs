//! Every route, tried as everybody, on every kind of object (T2, AC1, AC2). The rows come from the OpenAPI document: a
//! route without an expectation fails. What is foreign answers byte for byte like what is missing.

use std::collections::BTreeMap;

use axum::body::Body;
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, ORIGIN, Person, TestHouse};

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Anonymous,
    Patient,
    OtherPatient,
    Clinician,
    OtherClinician,
    Colleague,
    Administrator,
    Auditor,
    /// Signed in, then suspended.
    Suspended,
    /// Signed in, then sent to set up another second factor.
    MustEnrol,
}

const EVERYBODY: [Who; 10] = [
    Who::Anonymous,
    Who::Patient,
    Who::OtherPatient,
    Who::Clinician,
    Who::OtherClinician,
    Who::Colleague,
    Who::Administrator,
    Who::Auditor,
    Who::Suspended,
    Who::MustEnrol,
];

/// On which visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Visit {
    /// Of patient, clinician and colleague.
    Ours,
    /// Of the other patient and the other clinician.
    Theirs,
    /// An id that nothing has.
    Missing,
    /// No id at all.
    Malformed,
}

const VISITS: [Visit; 4] = [Visit::Ours, Visit::Theirs, Visit::Missing, Visit::Malformed];

/// Who may, as one rule per route.
#[derive(Debug, Clone, Copy)]
enum May {
    /// Whoever asks gets this.
    Everybody(u16, &'static str),
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in gets this: none of what stands in the request is theirs.
    SignedInBut(u16, &'static str),
    /// Clinicians.
    Clinicians,
    /// Auditors and administrators.
    ReadersOfTheLog,
    /// Whoever has a place in the visit.
    PeopleOfTheVisit,
    /// Administrators.
    Administrators,
    /// Administrators, about somebody who has an account; with the code that their state brings, if it brings one.
    AdministratorsAbout(&'static str),
    /// The clinician who runs the visit; other roles are refused before any visit is looked up.
    ClinicianOfTheVisit,
}

/// A route and who may use it.
struct Row {
    may: May,
    body: Value,
    success: u16,
}

fn rows(who: &str, patient: &str, another_colleague: &str) -> BTreeMap<&'static str, Row> {
    let row = |may, success, body| Row { may, body, success };
    let token = "A".repeat(43);
    let open = |status, code| May::Everybody(status, code);
    let mut rows = BTreeMap::from([
        (
            "POST /sign-in",
            row(
                open(401, "sign_in_failed"),
                0,
                json!({"email": format!("{who}@nowhere.test"), "password": "z"}),
            ),
        ),
        ("POST /sign-in/code", row(open(401, "sign_in_again"), 0, json!({"code": "000000"}))),
        ("POST /sign-in/recovery-code", row(open(401, "sign_in_again"), 0, json!({"code": "0"}))),
        ("POST /sign-in/authenticator", row(open(401, "sign_in_again"), 0, json!({"code": "000000"}))),
        ("GET /account/factors", row(May::SignedIn, 200, Value::Null)),
        ("GET /account/sessions", row(May::SignedIn, 200, Value::Null)),
        (
            "POST /account/password",
            row(
                May::SignedInBut(401, "password_wrong"),
                0,
                json!({"current": "not this one", "new": "four rivers meet below"}),
            ),
        ),
        ("POST /account/authenticator", row(May::SignedIn, 200, json!({}))),
        (
            "POST /account/authenticator/confirm",
            row(May::SignedInBut(401, "code_wrong"), 0, json!({"code": "none"})),
        ),
        ("POST /account/recovery-codes", row(May::SignedIn, 200, json!({}))),
        ("POST /account/sessions/end-others", row(May::SignedIn, 204, json!({}))),
        // A visit's id is no session's; whose session it is, factors/account.rs tries.
        ("POST /account/sessions/{id}/end", row(May::SignedInBut(404, "not_found"), 0, json!({}))),
        ("POST /session/fresh-factor", row(May::SignedInBut(401, "code_wrong"), 0, json!({"code": "none"}))),
        ("POST /activation", row(open(404, "link_invalid"), 0, json!({"token": token}))),
        (
            "POST /activation/password",
            row(open(404, "link_invalid"), 0, json!({"token": token, "password": "four rivers meet below"})),
        ),
        (
            "POST /activation/confirm",
            row(open(404, "link_invalid"), 0, json!({"token": token, "code": "000000"})),
        ),
        ("GET /about", row(open(200, ""), 0, Value::Null)),
        ("GET /livez", row(open(200, ""), 0, Value::Null)),
        ("GET /readyz", row(open(200, ""), 0, Value::Null)),
        ("GET /openapi.json", row(open(200, ""), 0, Value::Null)),
        // Only a demo has one.
        ("GET /outbox", row(open(404, "not_found"), 0, Value::Null)),
        ("GET /me", row(May::SignedIn, 200, Value::Null)),
        ("GET /visits", row(May::SignedIn, 200, Value::Null)),
        ("POST /visits", row(May::Clinicians, 201, json!({"patient": patient, "scheduled_at": null}))),
        ("GET /visits/{id}", row(May::PeopleOfTheVisit, 200, Value::Null)),
        // With no upgrade in the request, whoever may open the socket is told that this is none.
        ("GET /visits/{id}/socket", row(May::PeopleOfTheVisit, 400, Value::Null)),
        (
            "POST /visits/{id}/colleagues",
            row(May::ClinicianOfTheVisit, 200, json!({"person": another_colleague})),
        ),
        ("GET /patients", row(May::Clinicians, 200, Value::Null)),
        ("GET /colleagues", row(May::Clinicians, 200, Value::Null)),
        ("GET /visits/{id}/note", row(May::ClinicianOfTheVisit, 200, Value::Null)),
        ("PUT /visits/{id}/note", row(May::ClinicianOfTheVisit, 200, json!({"text": "seen"}))),
        ("GET /audit", row(May::ReadersOfTheLog, 200, Value::Null)),
        ("GET /audit/people", row(May::ReadersOfTheLog, 200, Value::Null)),
        ("GET /audit/export", row(May::ReadersOfTheLog, 200, Value::Null)),
        ("POST /audit/verify", row(May::ReadersOfTheLog, 200, Value::Null)),
        ("POST /sign-out", row(May::SignedIn, 204, Value::Null)),
    ]);
    rows.extend(rows_of_administrators());
    rows
}

/// What administrators do, about people.
fn rows_of_administrators() -> [(&'static str, Row); 10] {
    let row = |may, success, body| Row { may, body, success };
    [
        ("GET /people", row(May::Administrators, 200, Value::Null)),
        (
            "POST /people",
            row(
                May::Administrators,
                201,
                json!({"name": "New", "email": "new@zqmark.test", "role": "patient"}),
            ),
        ),
        (
            "POST /people/import/preview",
            row(May::Administrators, 200, json!({"csv": "name,email,role\nA,a@zqmark.test,patient"})),
        ),
        (
            "POST /people/import",
            row(May::Administrators, 201, json!({"csv": "name,email,role\nA,a@zqmark.test,patient"})),
        ),
        ("POST /people/{id}/end-sessions", row(May::AdministratorsAbout(""), 200, json!({}))),
        ("POST /people/{id}/link", row(May::AdministratorsAbout(""), 200, json!({}))),
        ("POST /people/{id}/reactivate", row(May::AdministratorsAbout(""), 200, json!({}))),
        (
            "POST /people/{id}/reset-second-factor",
            row(May::AdministratorsAbout("no_second_factor"), 409, json!({"identity_check": "in_person"})),
        ),
        ("POST /people/{id}/role", row(May::AdministratorsAbout(""), 200, json!({"role": "auditor"}))),
        ("POST /people/{id}/suspend", row(May::AdministratorsAbout(""), 200, json!({}))),
    ]
}

/// What must come back: status and code.
fn outcome(row: &Row, who: Who, visit: Visit) -> (u16, &'static str) {
    const SIGNED_OUT: (u16, &str) = (401, "signed_out");
    const NOT_ALLOWED: (u16, &str) = (403, "not_allowed");
    const NOT_FOUND: (u16, &str) = (404, "not_found");
    let clinician = matches!(who, Who::Clinician | Who::OtherClinician | Who::Colleague);
    let of_ours = matches!(who, Who::Patient | Who::Clinician | Who::Colleague);
    let of_theirs = matches!(who, Who::OtherPatient | Who::OtherClinician);
    let has_place = (visit == Visit::Ours && of_ours) || (visit == Visit::Theirs && of_theirs);
    let runs_it = has_place && matches!(who, Who::Clinician | Who::OtherClinician);
    match row.may {
        May::Everybody(status, code) => (status, code),
        _ if matches!(who, Who::Anonymous | Who::Suspended | Who::MustEnrol) => SIGNED_OUT,
        May::SignedInBut(status, code) => (status, code),
        May::Administrators | May::AdministratorsAbout(_) if who != Who::Administrator => NOT_ALLOWED,
        May::AdministratorsAbout(_) if matches!(visit, Visit::Missing | Visit::Malformed) => NOT_FOUND,
        May::AdministratorsAbout(code) if !code.is_empty() => (409, code),
        May::Clinicians | May::ClinicianOfTheVisit if !clinician => NOT_ALLOWED,
        May::ReadersOfTheLog if !matches!(who, Who::Administrator | Who::Auditor) => NOT_ALLOWED,
        May::PeopleOfTheVisit if !has_place => NOT_FOUND,
        May::ClinicianOfTheVisit if !runs_it => NOT_FOUND,
        _ if row.success == 400 => (400, "malformed"),
        _ => (row.success, ""),
    }
}

/// The operations of the OpenAPI document, as `GET /visits/{id}`.
fn operations() -> Vec<String> {
    let document: Value = serde_json::from_str(&curtain_api::document()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let path = path.strip_prefix("/api/v1").expect("all is under /api/v1").to_owned();
            item.as_object()
                .expect("operations")
                .keys()
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

async fn try_it(browser: &mut Browser, method: &str, path: &str, body: &Value) -> Answer {
    match method {
        "GET" if path.ends_with("/socket") => {
            let mut request = browser.request(&Method::GET, path, Body::empty());
            request.headers_mut().insert("origin", HeaderValue::from_static(ORIGIN));
            browser.send(request).await
        }
        "GET" => browser.get(path).await,
        "POST" => browser.post(path, body.clone()).await,
        "PUT" => browser.put(path, Some("\"0\""), body.clone()).await,
        other => panic!("no test knows how to {other}"),
    }
}

/// A browser whose person was somebody a moment ago.
async fn signed_in_until(house: &TestHouse, person: &Person, state: &str) -> Browser {
    let browser = house.sign_in(person).await;
    house.set_state(person, state).await;
    browser
}

#[test]
fn every_operation_has_an_expectation_and_no_other() {
    let mut operations = operations();
    operations.sort();
    let expected: Vec<_> = rows("", "", "").into_keys().map(str::to_owned).collect();
    assert_eq!(operations, expected);
}

#[test]
fn every_route_is_in_the_document() {
    let mut listed: Vec<_> =
        curtain_api::listed_routes().into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    let mut operations = operations();
    listed.sort();
    operations.sort();
    assert_eq!(listed, operations);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    let house = TestHouse::open().await;
    let visits = [
        (Visit::Ours, house.visit(&house.ana, &house.lee, &[&house.frey]).await),
        (Visit::Theirs, house.visit(&house.ben, &house.okafor, &[]).await),
        (Visit::Missing, "01980000-0000-7000-8000-00000000dead".to_owned()),
        (Visit::Malformed, "none".to_owned()),
    ];
    let (mut cells, mut wrong) = (0, Vec::new());
    for who in EVERYBODY {
        let mut browser = match who {
            Who::Anonymous => house.browser(),
            Who::Patient => house.sign_in(&house.ana).await,
            Who::OtherPatient => house.sign_in(&house.ben).await,
            Who::Clinician => house.sign_in(&house.lee).await,
            Who::OtherClinician => house.sign_in(&house.okafor).await,
            Who::Colleague => house.sign_in(&house.frey).await,
            Who::Administrator => house.sign_in(&house.iris).await,
            Who::Auditor => house.sign_in(&house.paul).await,
            Who::Suspended => signed_in_until(&house, &house.paul, "suspended").await,
            Who::MustEnrol => signed_in_until(&house, &house.frey, "invited").await,
        };
        // Signing out ends the session, so it comes last.
        let rows = rows(&format!("{who:?}"), &house.ana.id, &house.quinn.id);
        let (last, others): (Vec<_>, Vec<_>) = rows.iter().partition(|(name, _)| **name == "POST /sign-out");
        for (name, row) in others.into_iter().chain(last) {
            let (method, path) = name.split_once(' ').expect("method and path");
            let mut not_found = Vec::new();
            // The two who are invited stand in for ours and theirs where the path names a person.
            let people = path.starts_with("/people/").then_some([&house.invited.id, &house.invited_too.id]);
            for (at, (visit, id)) in
                visits.iter().enumerate().take(if path.contains("{id}") { VISITS.len() } else { 1 })
            {
                let id = people.and_then(|people| people.get(at).copied()).unwrap_or(id);
                let answer =
                    try_it(&mut browser, method, &format!("/api/v1{}", path.replace("{id}", id)), &row.body)
                        .await;
                cells += 1;
                let (status, code) = outcome(row, who, *visit);
                let got = (answer.status.as_u16(), answer.code());
                if got != (status, code.to_owned()) {
                    wrong.push(format!("{who:?} {name} {visit:?}: {got:?} instead of {status} {code}"));
                }
                if status == 404 && path.contains("{id}") {
                    not_found.push(answer.indistinguishable());
                }
            }
            if not_found.windows(2).any(|pair| pair[0] != pair[1]) {
                wrong.push(format!("{who:?} {name}: foreign, missing and malformed can be told apart"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    let rows = rows("", "", "");
    let with_id = rows.keys().filter(|name| name.contains("{id}")).count();
    assert_eq!(cells, EVERYBODY.len() * (rows.len() - with_id + VISITS.len() * with_id));
}
