//! Too many failures: strangers wait, a browser that is known does not, and a hundred in a row are the end (AU7).

use core::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, Person, TestHouse};

const SIGN_IN: &str = "/api/v1/sign-in";
const CODE: &str = "/api/v1/sign-in/code";
const FRESH: &str = "/api/v1/session/fresh-factor";

/// As if a factor had failed so often for strangers, long ago.
async fn failed(house: &TestHouse, person: &Person, factor: &str, times: u32) {
    house
        .arrange(&format!(
            "insert into curtain.factor_failure (account, factor, device, failures) \
             values ('{}', '{factor}', '00000000-0000-0000-0000-000000000000', {times}) \
             on conflict (account, factor, device) do update set failures = excluded.failures",
            person.id
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_can_not_lock_a_known_browser_out() {
    let house = TestHouse::open().await;
    let mut known = house.sign_in(&house.ana).await;
    known.post("/api/v1/sign-out", json!({})).await.expect(204);
    let guess = json!({"email": house.ana.email, "password": "a guess of a stranger"});
    for _ in 0..5 {
        house.browser().post(SIGN_IN, guess.clone()).await.expect_problem(401, "sign_in_failed");
    }
    house.browser().post(SIGN_IN, guess).await.expect_problem(429, "too_many_attempts");
    failed(&house, &house.ana, "password", 100).await;
    known.post(SIGN_IN, house.ana.password_form()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_browser_is_only_known_for_its_own_account() {
    let house = TestHouse::open().await;
    let mut of_ben = house.sign_in(&house.ben).await;
    failed(&house, &house.ana, "password", 100).await;
    of_ben.post(SIGN_IN, house.ana.password_form()).await.expect_problem(401, "sign_in_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_failed_a_hundred_times_is_told_like_a_wrong_one() {
    let house = TestHouse::open().await;
    failed(&house, &house.ana, "password", 100).await;
    let locked = house.browser().post(SIGN_IN, house.ana.password_form()).await;
    let unknown = json!({"email": "nobody@nowhere.test", "password": PASSWORD});
    let unknown = house.browser().post(SIGN_IN, unknown).await;
    let locked = locked.expect_problem(401, "sign_in_failed");
    assert_eq!(locked.indistinguishable(), unknown.indistinguishable());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_that_failed_a_hundred_times_ends_the_sign_in() {
    let house = TestHouse::open().await;
    failed(&house, &house.ana, "totp", 100).await;
    let mut browser = house.browser();
    browser.post(SIGN_IN, house.ana.password_form()).await.expect(200);
    let code = json!({"code": house.code(&house.ana)});
    let mut copy = browser.clone();
    browser.post(CODE, code.clone()).await.expect_problem(403, "factor_locked");
    assert!(browser.cookies.is_empty());
    copy.post(CODE, code).await.expect_problem(401, "sign_in_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_counted_together_at_sign_in_and_at_step_up() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    house.clock.advance(Duration::from_secs(30));
    let wrong = json!({"code": house.another_code(&house.lee)});
    for _ in 0..10 {
        browser.post(FRESH, wrong.clone()).await.expect_problem(401, "code_wrong");
    }
    let right = json!({"code": house.code(&house.lee)});
    let told = browser.post(FRESH, right.clone()).await.expect_problem(429, "too_many_attempts");
    assert_eq!(told.header("retry-after"), "360");
    // The same browser, signing in: the same count.
    let mut again = browser.clone();
    again.post(SIGN_IN, house.lee.password_form()).await.expect(200);
    again.post(CODE, right).await.expect_problem(429, "too_many_attempts");
    // Another one that is not known has its own.
    let mut stranger = house.browser();
    stranger.post(SIGN_IN, house.lee.password_form()).await.expect(200);
    stranger.post(CODE, json!({"code": house.code(&house.lee)})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_current_password_is_counted_too() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    let wrong = json!({"current": "not this one", "new": "four rivers meet below"});
    for _ in 0..5 {
        browser.post("/api/v1/account/password", wrong.clone()).await.expect_problem(401, "password_wrong");
    }
    browser.post("/api/v1/account/password", wrong).await.expect_problem(429, "too_many_attempts");
}
