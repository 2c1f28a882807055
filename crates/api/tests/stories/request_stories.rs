//! What bad requests get, and what every answer carries: nothing crashes, nothing is repeated, nothing is kept.

use axum::body::Body;
use http::{Method, header};
use serde_json::json;

use crate::support::{Answer, Browser, TestHouse};

/// Sends a body as it is.
async fn post_raw(browser: &mut Browser, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let mut request = browser.request(&Method::POST, path, body.into());
    request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().expect("a header"));
    browser.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_from_elsewhere_changes_nothing() {
    let house = TestHouse::open().await;
    let mut ana = house.sign_in(&house.ana).await;
    for (name, value) in [
        ("origin", Some("https://evil.test")),
        ("origin", Some("null")),
        ("origin", None),
        ("sec-fetch-site", Some("cross-site")),
        ("sec-fetch-site", Some("same-site")),
        ("x-curtain", None),
    ] {
        let mut request = ana.request(&Method::POST, "/api/v1/sign-out", Body::from("{}"));
        match value {
            Some(value) => request.headers_mut().insert(name, value.parse().unwrap()),
            None => request.headers_mut().remove(name),
        };
        ana.send(request).await.expect_problem(403, "wrong_origin");
    }
    ana.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_expected_json_is_refused_without_repeating_it() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    let path = "/api/v1/sign-in";
    for body in [
        "",
        "{",
        "null",
        "[]",
        r#"{"email":"zqsecret"}"#,
        r#"{"email":"a@b.c","password":"zqsecret","role":"zqsecret"}"#,
        r#"{"email":"a@b.c","email":"zqsecret","password":"p"}"#,
        r#"{"email":["zqsecret"],"password":"p"}"#,
        "{\"email\":\"\u{0}zqsecret",
    ] {
        let answer =
            post_raw(&mut browser, path, "application/json", body).await.expect_problem(400, "malformed");
        assert!(!String::from_utf8_lossy(&answer.body).contains("zqsecret"), "{answer:?}");
    }
    let deep = "[".repeat(60_000);
    post_raw(&mut browser, path, "application/json", deep).await.expect_problem(400, "malformed");
    let bytes = vec![0xFF_u8; 100];
    post_raw(&mut browser, path, "application/json", bytes).await.expect_problem(400, "malformed");
    let form = post_raw(&mut browser, path, "application/x-www-form-urlencoded", "email=a").await;
    form.expect_problem(415, "wrong_content_type");
    house.mark("zqsecret");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_refused() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    let huge = json!({"email": "a@b.c", "password": "p".repeat(70_000)});
    browser.post("/api/v1/sign-in", huge).await.expect_problem(413, "too_large");
    let mut lee = house.sign_in(&house.lee).await;
    let huge = json!({"patient": "p".repeat(300_000)});
    lee.post("/api/v1/visits", huge).await.expect_problem(413, "too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_too() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    for path in ["/api/v1/nothing", "/api/v2/me", "/api/", "/api/v1/visits/x/y/z"] {
        browser.get(path).await.expect_problem(404, "not_found");
    }
    browser.post("/api/v1/me", json!({})).await.expect_problem(405, "method_not_allowed");
    browser.post("/anywhere", json!({})).await.expect_problem(405, "method_not_allowed");
    browser.get("/assets/missing.js").await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_guarded() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    for path in
        ["/api/v1/livez", "/api/v1/me", "/api/v1/nothing", "/assets/missing.js", "/api/v1/openapi.json"]
    {
        let answer = browser.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.contains("trusted-types svelte-trusted-html curtain-worker"), "{policy}");
        assert!(answer.header("permissions-policy").contains("camera=(self)"));
        assert_eq!(answer.header("x-request-id").len(), 16);
        assert!(answer.headers.get("access-control-allow-origin").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_a_503_and_not_a_hang() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    browser.get("/readyz").await.expect(200);
    house.store.close().await;
    for path in ["/readyz", "/api/v1/readyz", "/api/v1/me"] {
        let answer = browser.get(path).await.expect_problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "5");
    }
    browser.get("/livez").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_in_the_repository_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");
    let checked_in = std::fs::read_to_string(path).expect("docs/api/openapi.json");
    assert!(
        checked_in == curtain_api::document(),
        "docs/api/openapi.json is stale: cargo run -p curtain-server -- openapi > docs/api/openapi.json"
    );
    let house = TestHouse::open().await;
    let served = house.browser().get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(served.body, checked_in.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_build_can_be_compared_by_anybody() {
    let house = TestHouse::open().await;
    let about = house.browser().get("/api/v1/about").await.expect(200).json();
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    for asset in about["assets"].as_array().expect("a list") {
        assert_eq!(asset["sha256"].as_str().expect("a hash").len(), 64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_comes_with_every_page_address_and_compressed() {
    if curtain_api::assets().is_empty() {
        eprintln!(
            "SKIPPED: web/dist is empty. Build the client first (npm run build in web), or run cargo xtask test."
        );
        return;
    }
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    let page = browser.get("/").await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-cache");
    for address in ["/visits", "/visits/0/room", "/activate"] {
        assert_eq!(browser.get(address).await.expect(200).body, page.body, "{address}");
    }
    let scripts =
        curtain_api::assets().into_iter().filter(|asset| asset.path.rsplit('.').next() == Some("js"));
    for script in scripts {
        let mut request = browser.request(&Method::GET, &format!("/{}", script.path), Body::empty());
        request.headers_mut().insert("accept-encoding", "br".parse().unwrap());
        let answer = browser.send(request).await.expect(200);
        assert_eq!(answer.header("content-encoding"), "br");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let may_compile = answer.header("content-security-policy").contains("'wasm-unsafe-eval'");
        assert_eq!(may_compile, script.path.contains("worker"), "{}", script.path);
    }
}
