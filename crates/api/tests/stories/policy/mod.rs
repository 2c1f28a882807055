//! What a practice decides: who may, within which bounds, one administrator after the other, and what it does to people.

mod effects;

use core::time::Duration;

use serde_json::{Value, json};

use crate::support::{Browser, TestHouse};

const POLICY: &str = "/api/v1/policy";

/// The policy that holds, as the form that would save it unchanged.
async fn as_it_is(browser: &mut Browser) -> Value {
    let policy = browser.get(POLICY).await.expect(200).json();
    let roles: Vec<Value> = policy["roles"].as_array().expect("roles").iter().map(choice).collect();
    json!({"version": policy["version"], "password_minimum": policy["password_minimum"], "roles": roles})
}

fn choice(of_role: &Value) -> Value {
    let fields = ["role", "second_factor", "grace_days", "idle_minutes", "absolute_minutes"];
    fields.iter().map(|field| ((*field).to_owned(), of_role[field].clone())).collect()
}

/// The same form with another value for one role.
fn with(form: &Value, role: &str, field: &str, value: impl Into<Value>) -> Value {
    let (mut form, value) = (form.clone(), value.into());
    let roles = form["roles"].as_array_mut().expect("roles");
    let of_role = roles.iter_mut().find(|one| one["role"] == role).expect("the role");
    of_role[field] = value;
    form
}

/// Saves another value for one role.
async fn decide(browser: &mut Browser, role: &str, field: &str, value: impl Into<Value>) {
    let form = with(&as_it_is(browser).await, role, field, value);
    browser.put(POLICY, None, form).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_tells_what_holds_and_what_can_be_chosen() {
    let house = TestHouse::open().await;
    let policy = house.sign_in(&house.iris).await.get(POLICY).await.expect(200).json();
    assert_eq!((&policy["version"], &policy["changed_at"]), (&json!(1), &Value::Null));
    assert_eq!(policy["password_bounds"], json!({"least": 12, "most": 15}));
    let clinicians = &policy["roles"][1];
    assert_eq!((&clinicians["role"], &clinicians["second_factor"]), (&json!("clinician"), &json!("any")));
    assert_eq!(clinicians["idle_bounds"], json!({"least": 5, "most": 15}));
    assert_eq!(clinicians["absolute_bounds"], json!({"least": 60, "most": 720}));
    assert_eq!(policy["roles"][0]["absolute_bounds"], json!({"least": 60, "most": 1440}));
    assert_eq!(clinicians["second_factors"], json!(["any", "passkey"]));
    assert_eq!((&clinicians["people"], &clinicians["lacking"]), (&json!(4), &json!(4)));
    assert_eq!(policy["own_passkeys"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_wants_a_fresh_code_and_is_noted_value_by_value() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let mut form = with(&as_it_is(&mut iris).await, "clinician", "idle_minutes", 10);
    form["password_minimum"] = json!(14);
    house.clock.advance(Duration::from_mins(6));
    iris.put(POLICY, None, form.clone()).await.expect_problem(403, "fresh_factor_needed");
    iris.post("/api/v1/session/fresh-factor", json!({"code": house.code(&house.iris)})).await.expect(200);
    let saved = iris.put(POLICY, None, form).await.expect(200).json();
    assert_eq!((&saved["version"], &saved["changed_by"]), (&json!(2), &json!(house.iris.name)));
    assert_eq!((&saved["password_minimum"], &saved["roles"][1]["idle_minutes"]), (&json!(14), &json!(10)));
    let log = iris.get("/api/v1/audit?action=policy_changed").await.expect(200).json();
    let events = log["events"].as_array().unwrap();
    let mut told: Vec<_> = events.iter().map(|event| event["detail"].as_str().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, ["all:password_minimum=12:14", "clinician:idle_minutes=15:10"]);
    assert!(events.iter().all(|event| event["actor"]["person"] == house.iris.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_what_holds_already_changes_nothing_and_notes_nothing() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let form = as_it_is(&mut iris).await;
    assert_eq!(iris.put(POLICY, None, form).await.expect(200).json()["version"], 1);
    let log = iris.get("/api/v1/audit?action=policy_changed").await.expect(200).json();
    assert_eq!(log["events"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_saves_second_is_told_and_overwrites_nothing() {
    let house = TestHouse::open().await;
    let (mut one, mut two) = (house.sign_in(&house.iris).await, house.sign_in(&house.iris).await);
    let form = as_it_is(&mut one).await;
    one.put(POLICY, None, with(&form, "patient", "idle_minutes", 20)).await.expect(200);
    let late = with(&form, "auditor", "idle_minutes", 7);
    let told = two.put(POLICY, None, late).await.expect_problem(409, "policy_changed");
    assert!(told.json()["detail"].as_str().unwrap().contains("Another administrator"));
    let now = as_it_is(&mut two).await;
    assert_eq!(now, {
        let mut saved = with(&form, "patient", "idle_minutes", 20);
        saved["version"] = json!(2);
        saved
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_bounds_is_refused_with_the_bounds() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let form = as_it_is(&mut iris).await;
    for (role, field, value, told) in [
        ("clinician", "idle_minutes", json!(4), "5 to 15"),
        ("clinician", "idle_minutes", json!(16), "5 to 15"),
        ("patient", "idle_minutes", json!(31), "5 to 30"),
        ("auditor", "absolute_minutes", json!(59), "60 to 720"),
        ("administrator", "absolute_minutes", json!(721), "60 to 720"),
        ("patient", "absolute_minutes", json!(1441), "60 to 1440"),
        ("patient", "grace_days", json!(31), "0 to 30"),
        ("patient", "second_factor", json!("none"), "second_factor"),
    ] {
        let refused = iris.put(POLICY, None, with(&form, role, field, value.clone())).await;
        let told_back = refused.expect_problem(422, "unprocessable").json()["detail"].to_string();
        assert!(told_back.contains(told), "{role} {field} {value}: {told_back}");
    }
    for wrong in [11, 16] {
        let mut form = form.clone();
        form["password_minimum"] = json!(wrong);
        let refused = iris.put(POLICY, None, form).await.expect_problem(422, "unprocessable");
        assert!(refused.json()["detail"].as_str().unwrap().contains("12 to 15"));
    }
    for (field, value) in
        [("idle_minutes", json!(-1)), ("idle_minutes", json!("10")), ("rights", json!("all"))]
    {
        iris.put(POLICY, None, with(&form, "clinician", field, value)).await.expect_problem(400, "malformed");
    }
    assert_eq!(as_it_is(&mut iris).await, form, "nothing of it was saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_named_once() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let form = as_it_is(&mut iris).await;
    let with_roles = |change: fn(&mut Vec<Value>)| {
        let mut form = form.clone();
        change(form["roles"].as_array_mut().unwrap());
        form
    };
    for wrong in [
        with_roles(Vec::clear),
        with_roles(|roles| drop(roles.pop())),
        with_roles(|roles| roles[1] = roles[0].clone()),
        with_roles(|roles| roles.push(roles[0].clone())),
    ] {
        iris.put(POLICY, None, wrong).await.expect_problem(422, "unprocessable");
    }
}
