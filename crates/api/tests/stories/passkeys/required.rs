//! A practice that asks for passkeys: days of grace, then a passkey in the same sign-in, and never a session before it.

use core::time::Duration;

use serde_json::{Value, json};

use super::{ADD, FACTORS, ME, add, device, device_of, made, sign_in, told};
use crate::support::{Browser, Person, TestHouse, code_of};

const PASSWORD: &str = "/api/v1/sign-in";
const CODE: &str = "/api/v1/sign-in/code";
const SAVED: &str = "/api/v1/sign-in/recovery-code";
const FIRST: &str = "/api/v1/sign-in/authenticator";
const ASK_DUE: &str = "/api/v1/sign-in/new-passkey/options";
const ADD_DUE: &str = "/api/v1/sign-in/new-passkey";
const DAY: Duration = Duration::from_hours(24);

/// As an administrator decides it.
async fn require(house: &TestHouse, role: &str, grace_days: u32) {
    house
        .arrange(&format!(
            "update curtain.role_policy set second_factor = 'passkey', grace_days = {grace_days} where role = '{role}'"
        ))
        .await;
    // The rule begins by the database's clock, which runs on while a story's stands.
    house.clock.advance(Duration::from_mins(1));
}

/// Password and code; what the code leads to.
async fn past_the_code(house: &TestHouse, person: &Person) -> (Browser, crate::support::Answer) {
    house.clock.advance(Duration::from_secs(30));
    let mut browser = house.browser();
    browser.post(PASSWORD, person.password_form()).await.expect(200);
    let answer = browser.post(CODE, json!({"code": house.code(person)})).await;
    (browser, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn during_the_days_of_grace_somebody_is_told_and_goes_on() {
    let house = TestHouse::open().await;
    let mut before = house.sign_in(&house.lee).await;
    assert_eq!(before.get(FACTORS).await.expect(200).json()["passkey_due_at"], Value::Null);
    require(&house, "clinician", 14).await;
    house.clock.advance(DAY * 13);
    let mut browser = house.sign_in(&house.lee).await;
    let due = browser.get(FACTORS).await.expect(200).json();
    assert!(due["passkey_due_at"].is_string(), "{due}");
    add(&mut browser, &mut device(), "Phone").await.expect(200);
    assert_eq!(browser.get(FACTORS).await.expect(200).json()["passkey_due_at"], Value::Null);
    let mut ana = house.sign_in(&house.ana).await;
    assert_eq!(ana.get(FACTORS).await.expect(200).json()["passkey_due_at"], Value::Null, "another role");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_them_password_and_code_lead_to_a_passkey_and_then_in() {
    let house = TestHouse::open().await;
    require(&house, "clinician", 14).await;
    house.clock.advance(DAY * 14);
    let (mut browser, answer) = past_the_code(&house, &house.lee).await;
    assert_eq!(answer.expect(202).json(), json!({"next": "passkey"}));
    browser.get(ME).await.expect_problem(401, "signed_out");
    let names: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(names, ["__Host-sign-in"], "no session, and the browser is not known yet");

    let options = browser.post(ASK_DUE, json!({})).await.expect(200).json();
    assert_eq!(options["user_name"], json!(house.lee.email));
    let mut device = device();
    let form = made(&mut device, &options, "Phone");
    let me = browser.post(ADD_DUE, form).await.expect(200).json();
    assert_eq!(me["person"], json!(house.lee.id));
    assert_eq!(browser.get(ME).await.expect(200).json(), me);
    let names: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(names, ["__Host-device", "__Host-session"]);
    sign_in(&mut house.browser(), &mut device).await.expect(200);
    let event = told(&house, "factor_enrolled").await;
    assert_eq!((&event["actor"]["person"], &event["detail"]), (&json!(house.lee.id), &json!("passkey")));
    // The others of the practice sign in as ever.
    house.sign_in(&house.ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_passkey_signs_in_with_it_and_not_with_a_code() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.lee).await;
    require(&house, "clinician", 0).await;
    let (mut browser, answer) = past_the_code(&house, &house.lee).await;
    answer.expect_problem(403, "passkey_needed");
    assert!(browser.cookies.is_empty(), "the sign-in is over");
    browser.get(ME).await.expect_problem(401, "signed_out");
    for path in [ASK_DUE, ADD_DUE] {
        let form = if path == ADD_DUE {
            json!({"name": "K", "credential_id": "AA", "client_data": "AA", "attestation": "AA"})
        } else {
            json!({})
        };
        browser.post(path, form).await.expect_problem(401, "sign_in_again");
    }
    let event = told(&house, "sign_in_throttled").await;
    assert_eq!(
        (&event["subject"]["person"], &event["detail"]),
        (&json!(house.lee.id), &json!("passkey_needed"))
    );
    sign_in(&mut browser, &mut device).await.expect(200);
    // Only a right code is told of: a wrong one is wrong, as ever.
    house.clock.advance(Duration::from_secs(30));
    let mut guesser = house.browser();
    guesser.post(PASSWORD, house.lee.password_form()).await.expect(200);
    let wrong = json!({"code": house.another_code(&house.lee)});
    guesser.post(CODE, wrong).await.expect_problem(401, "code_wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_hold_in_every_wrong_order() {
    let house = TestHouse::open().await;
    require(&house, "clinician", 0).await;
    // Nothing before the code.
    let mut early = house.browser();
    early.clone().post(ASK_DUE, json!({})).await.expect_problem(401, "sign_in_again");
    early.post(PASSWORD, house.lee.password_form()).await.expect(200);
    let mut after_password = early.clone();
    after_password.post(ASK_DUE, json!({})).await.expect_problem(401, "sign_in_again");
    // After it nothing but the passkey, and the token from before is used up.
    house.clock.advance(Duration::from_secs(30));
    let used = early.clone();
    early.post(CODE, json!({"code": house.code(&house.lee)})).await.expect(202);
    for mut browser in [early.clone(), used] {
        house.clock.advance(Duration::from_secs(30));
        let code = json!({"code": house.code(&house.lee)});
        browser.clone().post(CODE, code.clone()).await.expect_problem(401, "sign_in_again");
        browser
            .clone()
            .post(SAVED, json!({"code": "0000-0000-0000-0000"}))
            .await
            .expect_problem(401, "sign_in_again");
        browser.post(FIRST, code).await.expect_problem(401, "sign_in_again");
    }
    // Another's question is not this one's, and a session's is not a sign-in's.
    let (mut other, answer) = past_the_code(&house, &house.okafor).await;
    answer.expect(202);
    let options = early.post(ASK_DUE, json!({})).await.expect(200).json();
    let form = made(&mut device(), &options, "Key");
    other.cookies.insert("__Host-passkey".to_owned(), early.cookies["__Host-passkey"].clone());
    other.post(ADD_DUE, form.clone()).await.expect_problem(409, "start_again");
    let mut ana = house.sign_in(&house.ana).await;
    ana.cookies.insert("__Host-passkey".to_owned(), early.cookies["__Host-passkey"].clone());
    ana.post(ADD, form.clone()).await.expect_problem(409, "start_again");
    // Twice is once.
    let mut again = early.clone();
    early.post(ADD_DUE, form.clone()).await.expect(200);
    again.post(ADD_DUE, form).await.expect_problem(401, "sign_in_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_bad_passkeys_or_ten_minutes_end_it() {
    let house = TestHouse::open().await;
    require(&house, "clinician", 0).await;
    let (mut browser, answer) = past_the_code(&house, &house.lee).await;
    answer.expect(202);
    let mut careless = device();
    careless.verifies = false;
    for _ in 0..5 {
        let options = browser.post(ASK_DUE, json!({})).await.expect(200).json();
        let form = made(&mut careless, &options, "Key");
        browser.post(ADD_DUE, form).await.expect_problem(401, "passkey_refused");
    }
    browser.post(ASK_DUE, json!({})).await.expect_problem(401, "sign_in_again");
    let (mut late, answer) = past_the_code(&house, &house.lee).await;
    answer.expect(202);
    house.clock.advance(Duration::from_mins(10));
    late.post(ASK_DUE, json!({})).await.expect_problem(401, "sign_in_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspended_before_the_passkey_stays_out() {
    let house = TestHouse::open().await;
    require(&house, "clinician", 0).await;
    let (mut browser, answer) = past_the_code(&house, &house.lee).await;
    answer.expect(202);
    let options = browser.post(ASK_DUE, json!({})).await.expect(200).json();
    house.set_state(&house.lee, "suspended").await;
    house.set_state(&house.lee, "active").await;
    let form = made(&mut device(), &options, "Key");
    browser.post(ADD_DUE, form).await.expect_problem(401, "sign_in_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_leads_to_a_new_authenticator_and_then_to_a_passkey() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    add(&mut browser, &mut device(), "Lost with the phone").await.expect(200);
    let codes = browser.post(super::CODES, json!({})).await.expect(200).json();
    let mut elsewhere = browser.clone();
    require(&house, "clinician", 0).await;
    let mut browser = house.browser();
    browser.post(PASSWORD, house.lee.password_form()).await.expect(200);
    let new = browser.post(SAVED, json!({"code": codes["recovery_codes"][0]})).await.expect(200).json();
    let secret = new["secret"].as_str().expect("a secret").to_owned();
    house.mark(&secret);
    let first = json!({"code": code_of(&secret, house.now())});
    assert_eq!(browser.post(FIRST, first).await.expect(202).json(), json!({"next": "passkey"}));
    browser.get(ME).await.expect_problem(401, "signed_out");
    elsewhere.get(ME).await.expect_problem(401, "signed_out");
    let options = browser.post(ASK_DUE, json!({})).await.expect(200).json();
    let form = made(&mut device(), &options, "New phone");
    browser.post(ADD_DUE, form).await.expect(200);
    let own = browser.get(FACTORS).await.expect(200).json();
    assert_eq!(own["passkeys"].as_array().map(Vec::len), Some(2));
}
