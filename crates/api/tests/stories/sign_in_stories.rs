//! Signing in, and all the ways it fails: told the same to everybody.

use core::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::support::{Answer, TestHouse};

const PASSWORD: &str = "/api/v1/sign-in";
const CODE: &str = "/api/v1/sign-in/code";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_and_a_code_open_the_house() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    let first = browser.post(PASSWORD, house.lee.password_form()).await.expect(200);
    assert_eq!(first.json(), json!({"next": "code"}));
    browser.get("/api/v1/me").await.expect_problem(401, "signed_out");

    let me = browser.post(CODE, json!({"code": house.code(&house.lee)})).await.expect(200).json();
    assert_eq!(me["name"], house.lee.name);
    assert_eq!(me["role"], "clinician");
    assert_eq!(me["person"], house.lee.id);
    assert_eq!(me["session"]["idle_seconds"], 900);
    assert_eq!(browser.get("/api/v1/me").await.expect(200).json(), me);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_cookies_are_bound_to_this_host_and_hidden_from_scripts() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    let first = browser.post(PASSWORD, house.ana.password_form()).await.expect(200);
    assert_flags(&first, "__Host-sign-in=");
    let second = browser.post(CODE, json!({"code": house.code(&house.ana)})).await.expect(200);
    assert_flags(&second, "__Host-session=");
    let names: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(names, ["__Host-device", "__Host-session"], "the sign-in cookie is gone");
    let mut cookies = second.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let known = cookies.find(|cookie| cookie.starts_with("__Host-device=")).expect("the browser is known");
    assert!(known.contains("; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=34560000"), "{known}");
}

#[track_caller]
fn assert_flags(answer: &Answer, name: &str) {
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with(name)).expect("the cookie is set");
    let (_, flags) = cookie.split_once("; ").expect("flags");
    assert_eq!(flags, "HttpOnly; SameSite=Strict; Secure; Path=/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_are_one_answer() {
    let house = TestHouse::open().await;
    let wrong = json!({"email": house.ana.email, "password": "certainly not this"});
    let unknown = json!({"email": "nobody@nowhere.test", "password": "certainly not this"});
    let not_yet = json!({"email": house.invited.email, "password": "certainly not this"});
    let no_address = json!({"email": "no address", "password": "certainly not this"});
    let mut answers = Vec::new();
    for form in [wrong, unknown, not_yet, no_address] {
        let mut browser = house.browser();
        answers.push(
            browser.post(PASSWORD, form).await.expect_problem(401, "sign_in_failed").indistinguishable(),
        );
        assert!(browser.cookies.is_empty());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_counts_once() {
    let house = TestHouse::open().await;
    let code = house.code(&house.ben);
    let mut first = house.browser();
    let mut second = house.browser();
    first.post(PASSWORD, house.ben.password_form()).await.expect(200);
    second.post(PASSWORD, house.ben.password_form()).await.expect(200);
    first.post(CODE, json!({"code": code})).await.expect(200);
    second.post(CODE, json!({"code": code})).await.expect_problem(401, "code_wrong");
    house.clock.advance(Duration::from_secs(30));
    second.post(CODE, json!({"code": house.code(&house.ben)})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_sent_twenty_times_at_once_opens_one_session() {
    let house = TestHouse::open().await;
    let code = json!({"code": house.code(&house.ben)});
    let mut browser = house.browser();
    browser.post(PASSWORD, house.ben.password_form()).await.expect(200);
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (mut tab, code) = (browser.clone(), code.clone());
            tokio::spawn(async move { tab.post(CODE, code).await.status })
        })
        .collect();
    let mut opened = 0;
    for attempt in tries {
        opened += usize::from(attempt.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_the_sign_in() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    browser.post(PASSWORD, house.ana.password_form()).await.expect(200);
    let code = house.code(&house.ana);
    let wrong = house.another_code(&house.ana);
    for _ in 0..5 {
        browser.post(CODE, json!({"code": wrong})).await.expect_problem(401, "code_wrong");
    }
    browser.post(CODE, json!({"code": code})).await.expect_problem(401, "sign_in_again");
    assert!(browser.cookies.is_empty(), "the dead sign-in's cookie is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_left_alone_expires() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    browser.post(PASSWORD, house.ana.password_form()).await.expect(200);
    house.clock.advance(Duration::from_mins(10));
    browser.post(CODE, json!({"code": house.code(&house.ana)})).await.expect_problem(401, "sign_in_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_a_password_opens_nothing() {
    let house = TestHouse::open().await;
    let code = json!({"code": house.code(&house.ana)});
    house.browser().post(CODE, code.clone()).await.expect_problem(401, "sign_in_again");
    let mut forger = house.browser();
    forger.cookies.insert("__Host-sign-in".to_owned(), "A".repeat(43));
    forger.post(CODE, code).await.expect_problem(401, "sign_in_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_gets_slower_whether_or_not_the_address_exists() {
    let house = TestHouse::open().await;
    for email in [house.ana.email.as_str(), "nobody@nowhere.test"] {
        let form = json!({"email": email, "password": "a guess"});
        for _ in 0..5 {
            house.browser().post(PASSWORD, form.clone()).await.expect_problem(401, "sign_in_failed");
        }
        let refused = house.browser().post(PASSWORD, form).await.expect_problem(429, "too_many_attempts");
        assert_eq!(refused.header("retry-after"), "1");
    }
    house.clock.advance(Duration::from_secs(2));
    house.browser().post(PASSWORD, house.ana.password_form()).await.expect(200);
}
