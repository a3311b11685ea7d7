//! Small real servers on loopback: one that answers as a closure says, and a proxy. They end with the process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The requests of a server: the head of each.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// The head of a request, to its empty line. Byte by byte, so that nothing behind it is taken.
fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn listen(serve: impl Fn(TcpStream, &Heard) + Send + Sync + 'static) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Heard::default();
    let (serve, told) = (Arc::new(serve), heard.clone());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (serve, told) = (Arc::clone(&serve), told.clone());
            thread::spawn(move || serve(stream, &told));
        }
    });
    (address, heard)
}

/// Answers each request, by its head, with a status and a body.
pub(crate) fn answering(
    answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static,
) -> (SocketAddr, Heard) {
    listen(move |mut stream, heard| {
        while let Some(head) = head(&mut stream) {
            let (status, body) = answer(&head);
            heard.0.lock().unwrap().push(head);
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}");
            if stream.write_all(answer.as_bytes()).is_err() {
                break;
            }
        }
    })
}

/// A proxy, by CONNECT and by whole addresses, that takes every host for `target`.
pub(crate) fn proxy(target: SocketAddr) -> (SocketAddr, Heard) {
    listen(move |mut client, heard| {
        let Some(head) = head(&mut client) else {
            return;
        };
        let mut server = TcpStream::connect(target).unwrap();
        if head.starts_with("CONNECT ") {
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        } else {
            server.write_all(head.as_bytes()).unwrap();
        }
        heard.0.lock().unwrap().push(head);
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut server, &mut client);
    })
}
