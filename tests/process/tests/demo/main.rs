//! The demo as a person at a terminal, a script or the kernel treats it.

mod running;

use running::{Home, RunningDemo, gone};

#[test]
fn whatever_ends_the_demo_leaves_nothing_running() {
    for signal in ["INT", "TERM", "HUP"] {
        let home = Home::new();
        let demo = RunningDemo::start(&home);
        let (server, postmaster) = (demo.server(), demo.postmaster());
        demo.end_by(signal);
        // It is its own proof that all is over: no waiting here.
        assert!(gone(server), "the server lives on after SIG{signal}");
        assert!(gone(postmaster), "Postgres lives on after SIG{signal}");
    }
}

#[test]
fn a_killed_demo_takes_its_processes_along_and_starts_again_on_its_data() {
    let home = Home::new();
    let demo = RunningDemo::start(&home);
    let (server, postmaster, data) = (demo.server(), demo.postmaster(), demo.data_dir());
    demo.end_by("KILL");
    // Started at once: it has to wait for what the killed one left behind.
    let again = RunningDemo::start(&home);
    assert_eq!(again.data_dir(), data);
    assert!(gone(server), "the killed demo's server lives on");
    assert_ne!(again.server(), server);
    assert_ne!(again.postmaster(), postmaster, "Postgres was shut down in order in between");
}

#[test]
fn a_server_that_dies_ends_the_demo_and_its_postgres() {
    let home = Home::new();
    let demo = RunningDemo::start(&home);
    let (server, postmaster) = (demo.server(), demo.postmaster());
    running::send("KILL", server);
    assert!(!demo.ended().success(), "a demo without its server is no success");
    assert!(gone(postmaster), "Postgres lives on");
}

#[test]
fn postgres_recovers_from_being_killed() {
    let home = Home::new();
    let demo = RunningDemo::start(&home);
    running::send("KILL", demo.postmaster());
    demo.end_by("TERM");
    let again = RunningDemo::start(&home);
    assert!(again.is_ready());
}

#[test]
fn one_checkout_runs_one_demo_at_a_time() {
    let home = Home::new();
    let demo = RunningDemo::start(&home);
    let told = RunningDemo::refused(&home, &[]);
    assert!(told.contains("already in use by process"), "{told}");
    assert!(demo.is_ready(), "the first one was disturbed");
}

#[test]
fn a_port_that_is_taken_is_said_and_nothing_is_left() {
    let (home, other) = (Home::new(), Home::new());
    let demo = RunningDemo::start(&home);
    let port = demo.port().to_string();
    let told = RunningDemo::refused(&other, &["--port", &port]);
    assert!(told.contains(&format!("port {port} is taken")), "{told}");
    assert_eq!(other.postmasters(), 0, "the refused demo left Postgres running");
}
