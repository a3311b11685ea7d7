//! The owner of a connection. Any user of a computer can connect to its loopback address, and may see the link among the
//! arguments of the program that opens the browser. Where the system lists the owners of connections (Linux does, in
//! `/proc/net/tcp`), connections of other users are closed before a byte is read. Elsewhere only the token decides.

use std::fs;
use std::net::SocketAddr;

/// True unless the system says that `peer`'s end of a connection to `own` belongs to another user.
pub(crate) fn is_same_user(own: SocketAddr, peer: SocketAddr) -> bool {
    let Some(me) = fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| parse_effective_user(&status))
    else {
        return true;
    };
    // A browser's socket may be of either family.
    let mut is_listed = false;
    for (file, is_v6) in [("/proc/net/tcp", false), ("/proc/net/tcp6", true)] {
        let Ok(list) = fs::read_to_string(file) else {
            continue;
        };
        is_listed = true;
        let owner = find_connection_owner(
            &list,
            &proc_net_address(peer, is_v6),
            &proc_net_address(own, is_v6),
        );
        if let Some(owner) = owner {
            // The administrator reads everything anyway, and forwards connections on some systems.
            return owner == me || owner == 0;
        }
    }
    !is_listed
}

/// The effective user in `/proc/self/status`.
fn parse_effective_user(status: &str) -> Option<u32> {
    let line = status.lines().find(|l| l.starts_with("Uid:"))?;
    line.split_whitespace().nth(2)?.parse().ok()
}

/// The owner of the connection from `from` to `to` in a list in the format of `/proc/net/tcp`.
fn find_connection_owner(list: &str, from: &str, to: &str) -> Option<u32> {
    list.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let is_it = words.next()? == from && words.next()? == to;
        is_it.then(|| words.nth(4)?.parse().ok()).flatten()
    })
}

/// An IPv4 address in the format of these lists: hexadecimal, in the machine's byte order.
fn proc_net_address(at: SocketAddr, is_v6: bool) -> String {
    let SocketAddr::V4(at) = at else {
        return String::new();
    };
    let ip = u32::from_ne_bytes(at.ip().octets());
    let mapped = match is_v6 {
        true => format!(
            "0000000000000000{:08X}",
            u32::from_ne_bytes([0, 0, 255, 255])
        ),
        false => String::new(),
    };
    format!("{mapped}{ip:08X}:{:04X}", at.port())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    const LIST: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1";

    #[test]
    fn the_owner_of_the_other_end_is_found() {
        assert_eq!(
            find_connection_owner(LIST, "0100007F:C001", "0100007F:1F90"),
            Some(1001)
        );
        assert_eq!(
            find_connection_owner(LIST, "0100007F:C002", "0100007F:1F90"),
            None
        );
        assert_eq!(
            parse_effective_user("Name:\tuam\nUid:\t1000\t1002\t1000\t1000\n"),
            Some(1002)
        );
    }

    #[test]
    fn an_own_connection_is_of_the_same_user() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, peer) = listener.accept().unwrap();
        assert!(is_same_user(accepted.local_addr().unwrap(), peer));
        drop(stream);
    }
}
