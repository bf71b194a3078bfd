use std::future::Future;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::poll_fn;
use futures_util::pin_mut;
use http_body::{Body, Full};
use hyper::client::conn::{self, SendRequest};
use hyper::header::HeaderValue;
use hyper::{StatusCode, Uri};
use tokio::net::TcpStream;

use crate::AnyError;

pub type Request = hyper::Request<Full<Bytes>>;
pub type Answer = Result<StatusCode, AnyError>;
type Driver = conn::Connection<TcpStream, Full<Bytes>>;

/// Where the requests go.
pub struct Target {
    pub address: SocketAddr,
    pub uri: Uri, // the path and the query, as a request line has them
    pub host: HeaderValue,
}

impl Target {
    pub fn parse(url: &str) -> Result<Self, AnyError> {
        let whole: Uri = url.parse()?;
        if whole.scheme_str() != Some("http") {
            return Err("only http:// is spoken".into());
        }
        let authority = whole.authority().ok_or("the URL has no host")?;
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        let address = (name, authority.port_u16().unwrap_or(80)).to_socket_addrs()?.next();
        Ok(Target {
            address: address.ok_or("the host has no address")?,
            uri: whole.path_and_query().map_or("/", |path| path.as_str()).parse()?,
            host: HeaderValue::from_str(authority.as_str())?,
        })
    }
}

/// A connection, moved on by the task that sends over it: no second task has to be woken for each request.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
}

impl Connection {
    pub async fn open(target: &Target) -> Result<Self, AnyError> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        // One write of head and body copied together costs less than a write of two pieces this small.
        let (sender, driver) = conn::Builder::new().http1_writev(false).handshake(stream).await?;
        Ok(Connection { sender, driver })
    }

    /// Whether another request can be sent; false when the connection has ended.
    pub async fn is_open(&mut self) -> bool {
        let Connection { sender, driver } = self;
        let ready = poll_fn(|context| sender.poll_ready(context));
        drive(driver, async { Ok(ready.await?) }).await.is_ok()
    }

    /// Sends a request and reads the answer to its end.
    pub async fn exchange(&mut self, request: Request) -> Answer {
        let Connection { sender, driver } = self;
        let answer = sender.send_request(request);
        let read = async {
            let (head, mut body) = answer.await?.into_parts();
            while let Some(part) = poll_fn(|context| Pin::new(&mut body).poll_data(context)).await {
                part?;
            }
            Ok(head.status)
        };
        drive(driver, read).await
    }
}

/// Waits for what happens on a connection while the connection itself moves on.
async fn drive<T>(driver: &mut Driver, wanted: impl Future<Output = Result<T, AnyError>>) -> Result<T, AnyError> {
    pin_mut!(wanted);
    poll_fn(|context: &mut Context| {
        if let Poll::Ready(result) = wanted.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        let ended = Pin::new(&mut *driver).poll(context).is_ready();
        match wanted.as_mut().poll(context) {
            Poll::Pending if ended => Poll::Ready(Err("the connection has ended".into())),
            state => state,
        }
    })
    .await
}
