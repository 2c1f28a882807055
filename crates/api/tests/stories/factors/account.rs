//! What people change about their own way in, what it needs, and what ends with it.

use core::time::Duration;

use serde_json::{Value, json};

use crate::support::{Browser, PASSWORD, TestHouse, code_of};

const CHANGE: &str = "/api/v1/account/password";
const REPLACE: &str = "/api/v1/account/authenticator";
const CONFIRM: &str = "/api/v1/account/authenticator/confirm";
const CODES: &str = "/api/v1/account/recovery-codes";
const FRESH: &str = "/api/v1/session/fresh-factor";
const ME: &str = "/api/v1/me";
const NEW: &str = "four rivers meet below the mill";
const MINUTES: Duration = Duration::from_mins(5);

fn secret(answer: &Value) -> String {
    answer["secret"].as_str().expect("a secret").to_owned()
}

/// Shows a fresh code, half a minute later: the one before was used.
async fn step_up(house: &TestHouse, browser: &mut Browser, secret: &str) {
    house.clock.advance(Duration::from_secs(30));
    browser.post(FRESH, json!({"code": code_of(secret, house.now())})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_other_session_and_the_old_token() {
    let house = TestHouse::open().await;
    let mut elsewhere = house.sign_in(&house.ana).await;
    let mut waiting = house.browser();
    waiting.post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
    let mut browser = house.sign_in(&house.ana).await;
    let mut stolen = browser.clone();
    browser.post(CHANGE, json!({"current": PASSWORD, "new": NEW})).await.expect(200);

    browser.get(ME).await.expect(200);
    stolen.get(ME).await.expect_problem(401, "signed_out");
    elsewhere.get(ME).await.expect_problem(401, "signed_out");
    house.clock.advance(Duration::from_secs(30));
    let code = json!({"code": house.code(&house.ana)});
    waiting.post("/api/v1/sign-in/code", code).await.expect_problem(401, "sign_in_again");
    let mut again = house.browser();
    again.post("/api/v1/sign-in", house.ana.password_form()).await.expect_problem(401, "sign_in_failed");
    let new = json!({"email": house.ana.email, "password": NEW});
    again.post("/api/v1/sign-in", new).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_changes_only_for_who_knows_it() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let wrong = json!({"current": "not this one", "new": NEW});
    browser.post(CHANGE, wrong).await.expect_problem(401, "password_wrong");
    for poor in ["short", "1qaz2wsx3edc", "Password2026!", house.ana.email.as_str(), "Zqmark Practice"] {
        let refused = browser.post(CHANGE, json!({"current": PASSWORD, "new": poor})).await;
        let refused = refused.expect_problem(422, "password_refused").json();
        let reason = refused["detail"].as_str().unwrap();
        assert!(reason.len() > 20 && !reason.contains(poor), "{reason}");
    }
    house.browser().post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn factors_change_only_with_a_code_of_the_last_five_minutes() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    house.clock.advance(MINUTES);
    for (path, body) in [(REPLACE, json!({})), (CONFIRM, json!({"code": "000000"})), (CODES, json!({}))] {
        browser.post(path, body).await.expect_problem(403, "fresh_factor_needed");
    }
    let mut before = browser.clone();
    step_up(&house, &mut browser, &house.lee.secret).await;
    browser.post(CODES, json!({})).await.expect(200);
    before.get(ME).await.expect_problem(401, "signed_out");
    house.clock.advance(MINUTES);
    browser.post(CODES, json!({})).await.expect_problem(403, "fresh_factor_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_used_code_makes_nothing_fresh() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    let used = house.code(&house.lee);
    browser.post(FRESH, json!({"code": used})).await.expect_problem(401, "code_wrong");
    let wrong = house.another_code(&house.lee);
    browser.post(FRESH, json!({"code": wrong})).await.expect_problem(401, "code_wrong");
    house.clock.advance(MINUTES);
    browser.post(CODES, json!({})).await.expect_problem(403, "fresh_factor_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authenticator_takes_the_old_ones_place_with_its_first_code() {
    let house = TestHouse::open().await;
    let mut elsewhere = house.sign_in(&house.lee).await;
    let mut browser = house.sign_in(&house.lee).await;
    let mut before = browser.clone();
    let new = secret(&browser.post(REPLACE, json!({})).await.expect(200).json());
    // Until then the old one works, and nobody else is signed out.
    elsewhere.get(ME).await.expect(200);
    house.sign_in(&house.lee).await;
    let wrong = json!({"code": house.code(&house.lee)});
    browser.post(CONFIRM, wrong).await.expect_problem(401, "code_wrong");
    browser.post(CONFIRM, json!({"code": code_of(&new, house.now())})).await.expect(200);

    elsewhere.get(ME).await.expect_problem(401, "signed_out");
    before.get(ME).await.expect_problem(401, "signed_out");
    browser.get(ME).await.expect(200);
    house.clock.advance(Duration::from_secs(30));
    let mut again = house.browser();
    again.post("/api/v1/sign-in", house.lee.password_form()).await.expect(200);
    let old = json!({"code": house.code(&house.lee)});
    again.post("/api/v1/sign-in/code", old).await.expect_problem(401, "code_wrong");
    again.post("/api/v1/sign-in/code", json!({"code": code_of(&new, house.now())})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn replacing_an_authenticator_survives_every_wrong_order() {
    let house = TestHouse::open().await;
    let (mut browser, mut other) = (house.sign_in(&house.lee).await, house.sign_in(&house.lee).await);
    let any = json!({"code": "000000"});
    browser.post(CONFIRM, any).await.expect_problem(409, "start_again");

    let first = secret(&browser.post(REPLACE, json!({})).await.expect(200).json());
    let of_first = json!({"code": code_of(&first, house.now())});
    other.post(CONFIRM, of_first.clone()).await.expect_problem(409, "start_again");
    let second = secret(&browser.post(REPLACE, json!({})).await.expect(200).json());
    browser.post(CONFIRM, of_first).await.expect_problem(401, "code_wrong");
    let of_second = json!({"code": code_of(&second, house.now())});
    browser.post(CONFIRM, of_second.clone()).await.expect(200);
    browser.post(CONFIRM, of_second).await.expect_problem(409, "start_again");

    let late = secret(&browser.post(REPLACE, json!({})).await.expect(200).json());
    for _ in 0..3 {
        house.clock.advance(MINUTES);
        step_up(&house, &mut browser, &second).await;
    }
    let late = json!({"code": code_of(&late, house.now())});
    browser.post(CONFIRM, late).await.expect_problem(409, "start_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_and_nobody_elses_are() {
    let house = TestHouse::open().await;
    let (mut ana, mut phone) = (house.sign_in(&house.ana).await, house.sign_in(&house.ana).await);
    let mut ben = house.sign_in(&house.ben).await;
    let listed = ana.get("/api/v1/account/sessions").await.expect(200).json();
    let listed = listed["sessions"].as_array().expect("sessions").clone();
    assert_eq!(listed.len(), 2);
    let of_phone = listed.iter().find(|one| one["current"] == false).expect("the other")["id"].clone();
    let end = format!("/api/v1/account/sessions/{}/end", of_phone.as_str().unwrap());
    let foreign = ben.post(&end, json!({})).await.expect_problem(404, "not_found");
    phone.get(ME).await.expect(200);
    ana.post(&end, json!({})).await.expect(204);
    phone.get(ME).await.expect_problem(401, "signed_out");
    let ended = ana.post(&end, json!({})).await.expect_problem(404, "not_found");
    assert_eq!(foreign.indistinguishable(), ended.indistinguishable());

    let mut again = house.sign_in(&house.ana).await;
    again.post("/api/v1/account/sessions/end-others", json!({})).await.expect(204);
    ana.get(ME).await.expect_problem(401, "signed_out");
    again.get(ME).await.expect(200);
    ben.get(ME).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_counted_and_re_issued() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let factors = browser.get("/api/v1/account/factors").await.expect(200).json();
    assert_eq!(factors["recovery_codes_left"], 0);
    assert!(factors["password_since"].is_string() && factors["authenticator_since"].is_string());
    let codes = browser.post(CODES, json!({})).await.expect(200).json();
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);
    let factors = browser.get("/api/v1/account/factors").await.expect(200).json();
    assert_eq!(factors["recovery_codes_left"], 10);
}
