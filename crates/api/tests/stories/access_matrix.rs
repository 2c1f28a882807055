//! Every route, tried as everybody, on every kind of object (T2, AC1, AC2). The rows come from the OpenAPI document: a
//! route without an expectation fails. What is foreign answers byte for byte like what is missing, and whoever may not is
//! told so whatever the body.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
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
    /// The password was right; the code is due.
    OneFactor,
    /// Holds an invitation, and shows it wherever a token may stand.
    Invited,
}

const EVERYBODY: [Who; 12] = [
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
    Who::OneFactor,
    Who::Invited,
];

/// Those who may do nothing but find a way in.
const OUTSIDE: [Who; 5] = [Who::Anonymous, Who::Suspended, Who::MustEnrol, Who::OneFactor, Who::Invited];

/// On what: which visit or person, and with a body that can be read or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Object {
    /// Of patient, clinician and colleague. Where a path names nothing: the request as it should be.
    Ours,
    /// Of the other patient and the other clinician.
    Theirs,
    /// An id that nothing has.
    Missing,
    /// No id at all.
    Malformed,
    /// The first one, with a body that is no JSON.
    MalformedBody,
}

/// Each of them that a route can be tried on.
fn objects(name: &str) -> Vec<Object> {
    let mut objects = vec![Object::Ours];
    if name.contains("{id}") {
        objects.extend([Object::Theirs, Object::Missing, Object::Malformed]);
    }
    if reads_a_body(name) {
        objects.push(Object::MalformedBody);
    }
    objects
}

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
    /// Clinicians get this: none of what stands in the request is there.
    CliniciansBut(u16, &'static str),
    /// Clinicians, about the patient of our visit: those in the care team.
    CareTeam,
    /// Auditors and administrators.
    ReadersOfTheLog,
    /// Whoever has a place in the visit.
    PeopleOfTheVisit,
    /// Administrators.
    Administrators,
    /// Administrators get this: none of what stands in the request is there.
    AdministratorsBut(u16, &'static str),
    /// Administrators, about somebody who has an account; with the code that their state brings, if it brings one.
    AdministratorsAbout(&'static str),
    /// Administrators, about a patient; of whoever is none they are told that nobody is there.
    AdministratorsAboutPatients,
    /// The clinician who runs the visit; other roles are refused before any visit is looked up.
    ClinicianOfTheVisit,
}

/// A route and who may use it.
struct Row {
    may: May,
    body: Value,
    success: u16,
}

/// What stands in the requests of one principal.
#[derive(Default)]
struct Tried {
    /// So that nobody's wrong password counts for another.
    name: String,
    patient: String,
    another_colleague: String,
    token: String,
}

impl Tried {
    fn by(house: &TestHouse, who: Who, link: &str) -> Self {
        Self {
            name: format!("{who:?}"),
            patient: house.ana.id.clone(),
            another_colleague: house.quinn.id.clone(),
            token: if who == Who::Invited { link.to_owned() } else { "A".repeat(43) },
        }
    }
}

fn rows(tried: &Tried) -> BTreeMap<&'static str, Row> {
    let Tried { name: who, patient, another_colleague, token } = tried;
    let row = |may, success, body| Row { may, body, success };
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
        ("GET /session/fresh-factor", row(May::SignedIn, 204, Value::Null)),
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
        ("POST /visits", row(May::CareTeam, 201, json!({"patient": patient, "scheduled_at": null}))),
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
        ("GET /alerts", row(May::ReadersOfTheLog, 200, Value::Null)),
        ("POST /sign-out", row(May::SignedIn, 204, Value::Null)),
    ]);
    rows.extend(rows_of_passkeys());
    rows.extend(rows_of_administrators());
    rows.extend(rows_of_care_teams(another_colleague));
    rows.extend(rows_of_access_resets());
    rows.extend(rows_of_practice_keys());
    rows
}

/// The practice's key and the browsers it certifies. No two administrators make the first key: there is one of them.
fn rows_of_practice_keys() -> [(&'static str, Row); 9] {
    let row = |may, success, body| Row { may, body, success };
    let missing = May::AdministratorsBut(404, "not_found");
    // A key is 32 bytes, and here is none: what becomes of real ones, practice_key.rs tells.
    let no_key = |body| row(May::AdministratorsBut(422, "unprocessable"), 0, body);
    [
        ("GET /practice-key", row(May::SignedIn, 200, Value::Null)),
        ("GET /account/devices", row(May::Clinicians, 200, Value::Null)),
        ("POST /account/devices", row(May::Clinicians, 200, json!({"public_key": BASE64.encode([7; 32])}))),
        // A visit's id is no device's.
        ("POST /account/devices/{id}/revoke", row(May::CliniciansBut(404, "not_found"), 0, json!({}))),
        ("GET /practice-keys", row(May::Administrators, 200, Value::Null)),
        (
            "POST /practice-keys",
            no_key(
                json!({"public_key": "AA", "previous": null, "signed_by_previous": null, "certificates": []}),
            ),
        ),
        ("GET /devices", row(May::Administrators, 200, Value::Null)),
        (
            "POST /devices/certificates",
            row(May::Administrators, 200, json!({"practice_key": uuid::Uuid::nil(), "certificates": []})),
        ),
        ("POST /devices/{id}/revoke", row(missing, 0, json!({}))),
    ]
}

/// Passkeys: nobody here has one.
fn rows_of_passkeys() -> [(&'static str, Row); 9] {
    let row = |may, success, body| Row { may, body, success };
    [
        ("POST /sign-in/new-passkey", row(May::Everybody(401, "sign_in_again"), 0, made_passkey())),
        ("POST /sign-in/new-passkey/options", row(May::Everybody(401, "sign_in_again"), 0, json!({}))),
        ("POST /sign-in/passkey", row(May::Everybody(409, "start_again"), 0, shown_passkey())),
        ("POST /sign-in/passkey/options", row(May::Everybody(200, ""), 0, json!({}))),
        ("POST /session/fresh-factor/passkey", row(May::SignedInBut(409, "start_again"), 0, shown_passkey())),
        (
            "POST /session/fresh-factor/passkey/options",
            row(May::SignedInBut(409, "no_passkey"), 0, json!({})),
        ),
        // Before its question is asked: rows are tried in this order.
        ("POST /account/passkeys", row(May::SignedInBut(409, "start_again"), 0, made_passkey())),
        ("POST /account/passkeys/options", row(May::SignedIn, 200, json!({}))),
        // A visit's id is no passkey's; whose passkey it is, passkeys/account.rs tries.
        ("POST /account/passkeys/{id}/remove", row(May::SignedInBut(404, "not_found"), 0, json!({}))),
    ]
}

fn shown_passkey() -> Value {
    json!({"credential_id": "AA", "client_data": "AA", "authenticator_data": "AA", "signature": "AA", "user_handle": null})
}

fn made_passkey() -> Value {
    json!({"name": "Key", "credential_id": "AA", "client_data": "AA", "attestation": "AA"})
}

/// What administrators do, about people.
fn rows_of_administrators() -> [(&'static str, Row); 13] {
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
        // The id of a visit is no alert's; who sees which, alerts/list.rs tries.
        ("POST /alerts/{id}/seen", row(May::AdministratorsBut(404, "not_found"), 0, json!({}))),
        ("POST /people/{id}/end-sessions", row(May::AdministratorsAbout(""), 200, json!({}))),
        ("POST /people/{id}/link", row(May::AdministratorsAbout(""), 200, json!({}))),
        ("POST /people/{id}/reactivate", row(May::AdministratorsAbout(""), 200, json!({}))),
        (
            "POST /people/{id}/reset-second-factor",
            row(May::AdministratorsAbout("no_second_factor"), 409, json!({"identity_check": "in_person"})),
        ),
        // Who is in a care team keeps the role: the patient becomes what they are.
        ("POST /people/{id}/role", row(May::AdministratorsAbout(""), 200, json!({"role": "patient"}))),
        ("POST /people/{id}/suspend", row(May::AdministratorsAbout(""), 200, json!({}))),
        ("GET /policy", row(May::Administrators, 200, Value::Null)),
        ("PUT /policy", row(May::Administrators, 200, unchanged_policy())),
    ]
}

/// Password and second factor lost together: two administrators.
fn rows_of_access_resets() -> [(&'static str, Row); 3] {
    let row = |code, body| Row { may: May::AdministratorsAbout(code), body, success: 409 };
    [
        // Who never had a password has none to reset.
        ("POST /people/{id}/access-reset", row("no_credentials", json!({"identity_check": "in_person"}))),
        ("POST /people/{id}/access-reset/approve", row("no_reset", json!({}))),
        ("POST /people/{id}/access-reset/withdraw", row("no_reset", json!({}))),
    ]
}

/// Who may see which patient: put together by administrators.
fn rows_of_care_teams(clinician: &str) -> [(&'static str, Row); 3] {
    let row = |success, body| Row { may: May::AdministratorsAboutPatients, body, success };
    [
        ("GET /people/{id}/care-team", row(200, Value::Null)),
        ("POST /people/{id}/care-team", row(200, json!({"clinician": clinician}))),
        ("POST /people/{id}/care-team/end", row(200, json!({"clinician": clinician}))),
    ]
}

/// What holds in a practice that decided nothing: saving it changes nothing.
fn unchanged_policy() -> Value {
    let roles =
        [("patient", 30, 1440), ("clinician", 15, 720), ("administrator", 15, 720), ("auditor", 15, 720)];
    let roles = roles.map(|(role, idle, absolute)| {
        json!({"role": role, "second_factor": "any", "grace_days": 14, "idle_minutes": idle,
            "absolute_minutes": absolute})
    });
    json!({"version": 1, "password_minimum": 12, "roles": roles})
}

type Outcome = (u16, &'static str);
const SIGNED_OUT: Outcome = (401, "signed_out");
const NOT_ALLOWED: Outcome = (403, "not_allowed");
const NOT_FOUND: Outcome = (404, "not_found");
const MALFORMED: Outcome = (400, "malformed");

/// What must come back: status and code.
fn outcome(name: &str, row: &Row, who: Who, object: Object) -> Outcome {
    let outcome = match way_in(name, who).filter(|_| OUTSIDE.contains(&who)) {
        Some(outcome) => outcome,
        None => outcome_inside(row, who, object),
    };
    // Who may not is told so before the body is looked at; the body is looked at before anything is looked up.
    let may = outcome != SIGNED_OUT && outcome != NOT_ALLOWED;
    if object == Object::MalformedBody && may { MALFORMED } else { outcome }
}

/// What those outside get at the doors that open for them.
fn way_in(name: &str, who: Who) -> Option<Outcome> {
    match (who, name) {
        (Who::OneFactor, "POST /sign-in/code") => Some((401, "code_wrong")),
        (Who::OneFactor, "POST /sign-in/recovery-code") => Some((401, "recovery_code_wrong")),
        (Who::Invited, "POST /activation" | "POST /activation/password") => Some((200, "")),
        _ => None,
    }
}

fn outcome_inside(row: &Row, who: Who, object: Object) -> Outcome {
    let clinician = matches!(who, Who::Clinician | Who::OtherClinician | Who::Colleague);
    let of_ours = matches!(who, Who::Patient | Who::Clinician | Who::Colleague);
    let of_theirs = matches!(who, Who::OtherPatient | Who::OtherClinician);
    let ours = matches!(object, Object::Ours | Object::MalformedBody);
    let has_place = (ours && of_ours) || (object == Object::Theirs && of_theirs);
    let runs_it = has_place && matches!(who, Who::Clinician | Who::OtherClinician);
    match row.may {
        May::Everybody(status, code) => (status, code),
        _ if OUTSIDE.contains(&who) => SIGNED_OUT,
        May::Administrators
        | May::AdministratorsAbout(_)
        | May::AdministratorsAboutPatients
        | May::AdministratorsBut(..)
            if who != Who::Administrator =>
        {
            NOT_ALLOWED
        }
        May::Clinicians | May::CliniciansBut(..) | May::CareTeam | May::ClinicianOfTheVisit if !clinician => {
            NOT_ALLOWED
        }
        May::SignedInBut(status, code)
        | May::AdministratorsBut(status, code)
        | May::CliniciansBut(status, code) => (status, code),
        // Of the two who are invited, the first is a patient.
        May::AdministratorsAboutPatients if !ours => NOT_FOUND,
        May::AdministratorsAbout(_) if matches!(object, Object::Missing | Object::Malformed) => NOT_FOUND,
        May::AdministratorsAbout(code) if !code.is_empty() => (409, code),
        May::CareTeam if !of_ours => (422, "unprocessable"),
        May::ReadersOfTheLog if !matches!(who, Who::Administrator | Who::Auditor) => NOT_ALLOWED,
        May::PeopleOfTheVisit if !has_place => NOT_FOUND,
        May::ClinicianOfTheVisit if !runs_it => NOT_FOUND,
        _ if row.success == 400 => MALFORMED,
        _ => (row.success, ""),
    }
}

/// Whether the document gives the operation a body.
fn reads_a_body(name: &str) -> bool {
    let (method, path) = name.split_once(' ').expect("method and path");
    let operation = &document()["paths"][format!("/api/v1{path}")][method.to_lowercase()];
    operation["requestBody"].is_object()
}

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(&curtain_api::document()).expect("JSON"))
}

/// The operations of the OpenAPI document, as `GET /visits/{id}`.
fn operations() -> Vec<String> {
    let paths = document()["paths"].as_object().expect("paths");
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

async fn try_it(browser: &mut Browser, method: &str, path: &str, body: Option<&Value>) -> Answer {
    match (method, body) {
        ("GET", _) if path.ends_with("/socket") => {
            let mut request = browser.request(&Method::GET, path, Body::empty());
            request.headers_mut().insert("origin", HeaderValue::from_static(ORIGIN));
            browser.send(request).await
        }
        ("GET", _) => browser.get(path).await,
        (_, body) => {
            let body = body.map_or_else(|| "{".to_owned(), Value::to_string);
            let method: Method = method.parse().expect("a method");
            let mut request = browser.request(&method, path, Body::from(body));
            if method == Method::PUT {
                request.headers_mut().insert("if-match", HeaderValue::from_static("\"0\""));
            }
            browser.send(request).await
        }
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
    let expected: Vec<_> = rows(&Tried::default()).into_keys().map(str::to_owned).collect();
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

/// Somebody's browser, as it stands before a request.
async fn browser_of(house: &TestHouse, who: Who) -> Browser {
    match who {
        Who::Anonymous | Who::Invited => house.browser(),
        Who::Patient => house.sign_in(&house.ana).await,
        Who::OtherPatient => house.sign_in(&house.ben).await,
        Who::Clinician => house.sign_in(&house.lee).await,
        Who::OtherClinician => house.sign_in(&house.okafor).await,
        Who::Colleague => house.sign_in(&house.frey).await,
        Who::Administrator => house.sign_in(&house.iris).await,
        Who::Auditor => house.sign_in(&house.paul).await,
        Who::OneFactor => past_password(house).await,
        Who::Suspended => signed_in_until(house, &house.paul, "suspended").await,
        Who::MustEnrol => signed_in_until(house, &house.frey, "invited").await,
    }
}

/// Between password and code; a wrong code before it leaves nothing behind.
async fn past_password(house: &TestHouse) -> Browser {
    house.clock.advance(Duration::from_hours(1));
    let mut browser = house.browser();
    browser.post("/api/v1/sign-in", house.quinn.password_form()).await.expect(200);
    browser
}

/// The two who are invited stand in for ours and theirs where the path names a person.
fn id_of<'a>(house: &'a TestHouse, visits: &'a [String; 2], path: &str, object: Object) -> &'a str {
    let people = path.starts_with("/people/");
    match object {
        Object::Ours | Object::MalformedBody if people => &house.invited.id,
        Object::Theirs if people => &house.invited_too.id,
        Object::Ours | Object::MalformedBody => &visits[0],
        Object::Theirs => &visits[1],
        Object::Missing => "01980000-0000-7000-8000-00000000dead",
        Object::Malformed => "none",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    let house = TestHouse::open().await;
    let visits = [
        house.visit(&house.ana, &house.lee, &[&house.frey]).await,
        house.visit(&house.ben, &house.okafor, &[]).await,
    ];
    let (mut cells, mut wrong) = (0, Vec::new());
    for who in EVERYBODY {
        let mut browser = browser_of(&house, who).await;
        house.set_state(&house.invited_too, "invited").await;
        let link = house.activation_link(&house.invited_too).await;
        let rows = rows(&Tried::by(&house, who, &link));
        // Signing out ends the session, so it comes last.
        let (last, others): (Vec<_>, Vec<_>) = rows.iter().partition(|(name, _)| **name == "POST /sign-out");
        for (name, row) in others.into_iter().chain(last) {
            let (method, path) = name.split_once(' ').expect("method and path");
            let mut not_found = Vec::new();
            for object in objects(name) {
                match who {
                    Who::OneFactor => browser = past_password(&house).await,
                    Who::Invited => show_everywhere(&mut browser, &link),
                    _ => {}
                }
                let path = path.replace("{id}", id_of(&house, &visits, path, object));
                let body = (object != Object::MalformedBody).then_some(&row.body);
                let answer = try_it(&mut browser, method, &format!("/api/v1{path}"), body).await;
                cells += 1;
                let (status, code) = outcome(name, row, who, object);
                let got = (answer.status.as_u16(), answer.code());
                if got != (status, code.to_owned()) {
                    wrong.push(format!("{who:?} {name} {object:?}: {got:?} instead of {status} {code}"));
                }
                if status == 404 && name.contains("{id}") && object != Object::MalformedBody {
                    not_found.push(answer.indistinguishable());
                }
            }
            if not_found.windows(2).any(|pair| pair[0] != pair[1]) {
                wrong.push(format!("{who:?} {name}: foreign, missing and malformed can be told apart"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells >= 1_500, "only {cells} cells (T2)");
}

/// A token of one kind, in the place of the others.
fn show_everywhere(browser: &mut Browser, token: &str) {
    for place in ["__Host-session", "__Host-sign-in", "__Host-device"] {
        browser.cookies.insert(place.to_owned(), token.to_owned());
    }
}
