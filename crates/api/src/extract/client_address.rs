//! Whose address a request came from: the peer's, unless the peer is a proxy that the operator declared (OP3).

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;

use crate::{ApiError, House};

/// The client's address, for limits and the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<House> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        let ConnectInfo(peer) =
            ConnectInfo::<SocketAddr>::from_request_parts(parts, house).await.map_err(ApiError::internal)?;
        Ok(Self(client_of(peer.ip(), &parts.headers, &house.settings.trusted_proxies)))
    }
}

/// Walks `X-Forwarded-For` from the right: the first address that no declared proxy has is the client. An entry that
/// can't be read ends the walk, for what stands left of it is hearsay.
fn client_of(peer: IpAddr, headers: &HeaderMap, proxies: &[AddressRange]) -> IpAddr {
    let trusted = |address: IpAddr| proxies.iter().any(|range| range.contains(address));
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut client = peer.to_canonical();
    for hop in forwarded.iter().rev() {
        if !trusted(client) {
            break;
        }
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
}

/// A block of addresses in CIDR form (RFC 4632 §3.1), or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    network: IpAddr,
    prefix: u8,
}

/// The text is no address and no CIDR block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither an address nor a block like 10.0.0.0/8")]
pub struct InvalidRange;

impl AddressRange {
    /// Whether the address lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                same_prefix(u32::from(network).into(), u32::from(address).into(), 32 - self.prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                same_prefix(network.into(), address.into(), 128 - self.prefix)
            }
            _ => false,
        }
    }
}

/// Equal but for the lowest `free` bits.
fn same_prefix(one: u128, other: u128, free: u8) -> bool {
    (one ^ other).checked_shr(free.into()).unwrap_or(0) == 0
}

impl FromStr for AddressRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let network: IpAddr = address.parse().map_err(|_| InvalidRange)?;
        let longest = if network.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |text| text.parse().map_err(|_| InvalidRange))?;
        if prefix > longest { Err(InvalidRange) } else { Ok(Self { network, prefix }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let proxies: Vec<_> = proxies.iter().map(|range| range.parse().unwrap()).collect();
        client_of(ip(peer), &headers, &proxies)
    }

    #[test]
    fn a_stranger_can_not_choose_an_address() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &[]), ip("203.0.113.9"));
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"]), ip("203.0.113.9"));
    }

    #[test]
    fn a_declared_proxy_is_believed_for_its_own_hop_only() {
        let proxies = ["10.0.0.0/8", "::1"];
        assert_eq!(client("10.1.2.3", &["198.51.100.1, 203.0.113.9"], &proxies), ip("203.0.113.9"));
        assert_eq!(
            client("10.1.2.3", &["198.51.100.1", "203.0.113.9, 10.9.9.9"], &proxies),
            ip("203.0.113.9")
        );
        assert_eq!(client("::1", &["unknown"], &proxies), ip("::1"));
        assert_eq!(client("::ffff:10.1.2.3", &["203.0.113.9"], &proxies), ip("203.0.113.9"));
    }

    #[test]
    fn ranges_end_where_their_prefix_says() {
        let range: AddressRange = "192.0.2.0/25".parse().unwrap();
        assert!(range.contains(ip("192.0.2.127")) && !range.contains(ip("192.0.2.128")));
        let everything: AddressRange = "::/0".parse().unwrap();
        assert!(everything.contains(ip("2001:db8::1")) && !everything.contains(ip("192.0.2.1")));
        for wrong in ["", "10.0.0.0/33", "::/129", "host", "10.0.0.0/x"] {
            assert_eq!(wrong.parse::<AddressRange>(), Err(InvalidRange), "{wrong}");
        }
    }
}
