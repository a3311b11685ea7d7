//! Platforms without a local socket yet: the instance cannot be talked to, and says so.

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

pub(crate) struct Stream(std::convert::Infallible);

impl Read for Stream {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

impl Write for Stream {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0 {}
    }
}

pub(crate) struct Listener(std::convert::Infallible);

impl Listener {
    pub(crate) fn bind(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn accept(&self) -> io::Result<Stream> {
        match self.0 {}
    }
}

pub(crate) fn connect(_: &Path) -> io::Result<Stream> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn set_patience(stream: &Stream, _: Duration) -> io::Result<()> {
    match stream.0 {}
}

/// There is no such signal here.
pub(crate) const HANGUP: Option<i32> = None;
