//! What the policy does to people: their next password, the session they are in, and what they are still to set up.

use core::time::Duration;

use serde_json::{Value, json};

use super::{POLICY, as_it_is, decide, with};
use crate::support::{PASSWORD, TestHouse};

/// Fourteen characters and fifteen.
const FOURTEEN: &str = "quiet harbours";
const FIFTEEN: &str = "quiet harbours.";

async fn ask_for_fifteen(house: &TestHouse) {
    let mut iris = house.sign_in(&house.iris).await;
    let mut form = as_it_is(&mut iris).await;
    form["password_minimum"] = json!(15);
    iris.put(POLICY, None, form).await.expect(200);
    house.mark(FOURTEEN);
    house.mark(FIFTEEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_new_chooses_a_password_as_long_as_the_practice_asks() {
    let house = TestHouse::open().await;
    ask_for_fifteen(&house).await;
    let token = house.activation_link(&house.invited).await;
    let mut browser = house.browser();
    let opened = browser.post("/api/v1/activation", json!({"token": token})).await.expect(200).json();
    assert_eq!(opened["password_minimum"], 15);
    let path = "/api/v1/activation/password";
    let short = browser.post(path, json!({"token": token, "password": FOURTEEN})).await;
    let told = short.expect_problem(422, "password_refused").json()["detail"].to_string();
    assert!(told.contains("at least 15 characters"), "{told}");
    browser.post(path, json!({"token": token, "password": FIFTEEN})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_theirs_does_too_and_nobody_else_has_to() {
    let house = TestHouse::open().await;
    ask_for_fifteen(&house).await;
    let mut ana = house.sign_in(&house.ana).await;
    let factors = ana.get("/api/v1/account/factors").await.expect(200).json();
    assert_eq!(factors["password_minimum"], 15);
    let change = |new: &str| json!({"current": PASSWORD, "new": new});
    let short = ana.post("/api/v1/account/password", change(FOURTEEN)).await;
    short.expect_problem(422, "password_refused");
    ana.post("/api/v1/account/password", change(FIFTEEN)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_session_counts_at_once() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = (house.sign_in(&house.lee).await, house.sign_in(&house.ana).await);
    let mut iris = house.sign_in(&house.iris).await;
    decide(&mut iris, "clinician", "idle_minutes", 5).await;
    let me = lee.get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["session"]["idle_seconds"], 300);
    house.clock.advance(Duration::from_mins(5));
    lee.get("/api/v1/me").await.expect_problem(401, "signed_out");
    ana.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_older_than_it_may_get_now_ends() {
    let house = TestHouse::open().await;
    let mut lee = house.sign_in(&house.lee).await;
    for _ in 0..7 {
        house.clock.advance(Duration::from_mins(10));
        lee.get("/api/v1/me").await.expect(200);
    }
    let mut iris = house.sign_in(&house.iris).await;
    decide(&mut iris, "clinician", "absolute_minutes", 60).await;
    lee.get("/api/v1/me").await.expect_problem(401, "signed_out");
    let me = house.sign_in(&house.lee).await.get("/api/v1/me").await.expect(200).json();
    let ends_at = me["session"]["ends_at"].as_str().unwrap();
    let expected = (house.now() + Duration::from_hours(1)).to_date_time();
    let format = &time::format_description::well_known::Rfc3339;
    assert_eq!(time::OffsetDateTime::parse(ends_at, format).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_says_what_somebody_is_still_to_set_up() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let member = async |iris: &mut crate::support::Browser, id: &str| {
        let people = iris.get("/api/v1/people").await.expect(200).json()["people"].clone();
        people.as_array().unwrap().iter().find(|one| one["person"] == id).cloned().unwrap()
    };
    assert_eq!(member(&mut iris, &house.ana.id).await["pending"], Value::Null);
    let invited = member(&mut iris, &house.invited.id).await;
    assert_eq!(
        (&invited["pending"]["needs"], &invited["pending"]["until"]),
        (&json!("second_factor"), &Value::Null)
    );
    iris.post(&format!("/api/v1/people/{}/link", house.invited.id), json!({})).await.expect(200);
    let invited = member(&mut iris, &house.invited.id).await;
    assert_eq!(invited["pending"]["until"], invited["link_expires_at"]);
    let path = format!("/api/v1/people/{}/reset-second-factor", house.ben.id);
    iris.post(&path, json!({"identity_check": "in_person"})).await.expect(200);
    let ben = member(&mut iris, &house.ben.id).await;
    assert_eq!((&ben["pending"]["needs"], &ben["recovery_codes_left"]), (&json!("second_factor"), &json!(0)));
    iris.post(&format!("/api/v1/people/{}/suspend", house.ben.id), json!({})).await.expect(200);
    assert_eq!(member(&mut iris, &house.ben.id).await["pending"], Value::Null, "nobody waits for them");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_says_who_lacks_a_passkey_and_until_when() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let form = with(&as_it_is(&mut iris).await, "clinician", "second_factor", "passkey");
    let form = with(&form, "clinician", "grace_days", 3);
    let saved = iris.put(POLICY, None, form).await.expect(200).json();
    let since = saved["roles"][1]["required_since"].as_str().expect("a time");
    let people = iris.get("/api/v1/people").await.expect(200).json()["people"].clone();
    let waits: Vec<_> =
        people.as_array().unwrap().iter().filter(|one| one["pending"]["needs"] == "passkey").collect();
    assert_eq!(waits.len(), 4, "every clinician, and nobody else");
    let format = &time::format_description::well_known::Rfc3339;
    let time_of = |text: &str| time::OffsetDateTime::parse(text, format).unwrap();
    for one in waits {
        assert_eq!((&one["role"], &one["pending"]["since"]), (&json!("clinician"), &json!(since)));
        let until = time_of(one["pending"]["until"].as_str().expect("a time"));
        assert_eq!(until, time_of(since) + time::Duration::days(3));
    }
    let log = iris.get("/api/v1/audit?action=policy_changed").await.expect(200).json().to_string();
    assert!(log.contains("clinician:second_factor=any:passkey"), "{log}");
}
