//! The authenticator is lost: a saved code, then a new authenticator, and never a way past it.

use core::time::Duration;

use serde_json::{Value, json};

use crate::support::{Browser, Person, TestHouse, code_of};

const PASSWORD: &str = "/api/v1/sign-in";
const CODE: &str = "/api/v1/sign-in/code";
const SAVED: &str = "/api/v1/sign-in/recovery-code";
const FIRST: &str = "/api/v1/sign-in/authenticator";
const ME: &str = "/api/v1/me";

/// Ten codes of somebody, who is then signed in nowhere else.
pub(super) async fn saved_codes(house: &TestHouse, person: &Person) -> Vec<String> {
    let mut browser = house.sign_in(person).await;
    let codes = browser.post("/api/v1/account/recovery-codes", json!({})).await.expect(200).json();
    browser.post("/api/v1/sign-out", json!({})).await.expect(204);
    let codes = codes["recovery_codes"].as_array().expect("codes").clone();
    codes.iter().map(|code| code.as_str().expect("text").to_owned()).collect()
}

/// Past the password.
async fn past_password(house: &TestHouse, person: &Person) -> Browser {
    let mut browser = house.browser();
    browser.post(PASSWORD, person.password_form()).await.expect(200);
    browser
}

fn code(text: &str) -> Value {
    json!({"code": text})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_code_and_a_new_authenticator_open_the_house() {
    let house = TestHouse::open().await;
    let codes = saved_codes(&house, &house.ana).await;
    let mut elsewhere = house.sign_in(&house.ana).await;
    let mut browser = past_password(&house, &house.ana).await;
    let new = browser.post(SAVED, code(&codes[3].to_lowercase())).await.expect(200).json();
    browser.get(ME).await.expect_problem(401, "signed_out");
    elsewhere.get(ME).await.expect(200);

    let new = new["secret"].as_str().expect("a secret").to_owned();
    let me = browser.post(FIRST, code(&code_of(&new, house.now()))).await.expect(200).json();
    assert_eq!(me["person"], house.ana.id);
    elsewhere.get(ME).await.expect_problem(401, "signed_out");
    let factors = browser.get("/api/v1/account/factors").await.expect(200).json();
    assert_eq!(factors["recovery_codes_left"], 9);
    assert!(factors["recovery_code_used_at"].is_string(), "the person is told");

    house.clock.advance(Duration::from_secs(30));
    let mut again = past_password(&house, &house.ana).await;
    again.post(CODE, code(&house.code(&house.ana))).await.expect_problem(401, "code_wrong");
    again.post(CODE, code(&code_of(&new, house.now()))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_code_counts_once_and_only_for_its_owner() {
    let house = TestHouse::open().await;
    let codes = saved_codes(&house, &house.ana).await;
    let of_ben = saved_codes(&house, &house.ben).await;
    let mut browser = past_password(&house, &house.ana).await;
    browser.post(SAVED, code(&of_ben[0])).await.expect_problem(401, "recovery_code_wrong");
    browser.post(SAVED, code("no code at all")).await.expect_problem(401, "recovery_code_wrong");
    browser.post(SAVED, code(&codes[0])).await.expect(200);
    let mut again = past_password(&house, &house.ana).await;
    again.post(SAVED, code(&codes[0])).await.expect_problem(401, "recovery_code_wrong");
    again.post(SAVED, code(&codes[1])).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn re_issued_codes_replace_the_old_ones() {
    let house = TestHouse::open().await;
    let old = saved_codes(&house, &house.ana).await;
    let new = saved_codes(&house, &house.ana).await;
    let mut browser = past_password(&house, &house.ana).await;
    browser.post(SAVED, code(&old[0])).await.expect_problem(401, "recovery_code_wrong");
    browser.post(SAVED, code(&new[0])).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_hold_in_every_wrong_order() {
    let house = TestHouse::open().await;
    let codes = saved_codes(&house, &house.ana).await;
    // Nothing before the password, and no authenticator before a code.
    house.browser().post(SAVED, code(&codes[0])).await.expect_problem(401, "sign_in_again");
    house.browser().post(FIRST, code("000000")).await.expect_problem(401, "sign_in_again");
    let mut browser = past_password(&house, &house.ana).await;
    browser.clone().post(FIRST, code("000000")).await.expect_problem(401, "sign_in_again");
    let new = browser.post(SAVED, code(&codes[0])).await.expect(200).json();
    let new = new["secret"].as_str().expect("a secret").to_owned();
    // After the code, neither the old authenticator nor another saved code leads on.
    house.clock.advance(Duration::from_secs(30));
    let old = code(&house.code(&house.ana));
    browser.clone().post(CODE, old).await.expect_problem(401, "sign_in_again");
    browser.clone().post(SAVED, code(&codes[1])).await.expect_problem(401, "sign_in_again");
    // Another sign-in's new authenticator is not this one's.
    let mut other = past_password(&house, &house.ana).await;
    let others = other.post(SAVED, code(&codes[2])).await.expect(200).json();
    let first = code(&code_of(&new, house.now()));
    browser.clone().post(FIRST, first).await.expect_problem(401, "sign_in_again");
    // Late: the sign-in is over.
    house.clock.advance(Duration::from_mins(10));
    let late = code(&code_of(others["secret"].as_str().unwrap(), house.now()));
    other.post(FIRST, late).await.expect_problem(401, "sign_in_again");
    // And nothing of all that changed anything.
    house.sign_in(&house.ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_recovery_can_not_be_finished_again() {
    let house = TestHouse::open().await;
    let codes = saved_codes(&house, &house.ana).await;
    let mut browser = past_password(&house, &house.ana).await;
    let new = browser.post(SAVED, code(&codes[0])).await.expect(200).json();
    let first = code(&code_of(new["secret"].as_str().unwrap(), house.now()));
    let mut copy = browser.clone();
    browser.post(FIRST, first.clone()).await.expect(200);
    copy.post(FIRST, first).await.expect_problem(401, "sign_in_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_guesses_at_saved_codes_end_the_sign_in_and_then_the_factor_waits() {
    let house = TestHouse::open().await;
    let codes = saved_codes(&house, &house.ana).await;
    let mut browser = past_password(&house, &house.ana).await;
    let guess = code("0000-0000-0000-0000");
    for _ in 0..5 {
        browser.post(SAVED, guess.clone()).await.expect_problem(401, "recovery_code_wrong");
    }
    browser.post(SAVED, code(&codes[0])).await.expect_problem(401, "sign_in_again");
    let mut again = past_password(&house, &house.ana).await;
    again.post(SAVED, code(&codes[0])).await.expect_problem(429, "too_many_attempts");
    assert!(!again.cookies.contains_key("__Host-sign-in"), "a locked factor ends the sign-in");
    // The other factors are not held back.
    let mut other = past_password(&house, &house.ana).await;
    house.clock.advance(Duration::from_secs(30));
    other.post(CODE, code(&house.code(&house.ana))).await.expect(200);
    house.clock.advance(Duration::from_mins(1));
    let mut later = past_password(&house, &house.ana).await;
    later.post(SAVED, code(&codes[0])).await.expect(200);
}
