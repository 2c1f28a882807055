//! The forwarder with native participants: real ICE, DTLS and SRTP over loopback, no browser.

mod connecting;
mod refusals;
mod support;
mod visits;
