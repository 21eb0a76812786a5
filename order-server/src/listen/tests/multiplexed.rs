//! HTTP/2, frame by frame.

use super::*;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// Settings that leave the window of every stream shut: its initial size (RFC 9113, 6.5.2) is 0.
const SHUT: [u8; 15] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0];
const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The head of `GET /` as all there is of a request on this stream: `:method`, `:scheme` and `:path` by their
/// places in the static table (RFC 7541, appendix A), `:authority` spelt out.
fn get(stream: u8) -> Vec<u8> {
    let head = [&[0x82, 0x86, 0x84, 0x01, 9][..], b"localhost"].concat();
    let length = u8::try_from(head.len()).unwrap();
    [&[0, 0, length, 1, 0x5, 0, 0, 0, stream][..], &head].concat()
}

impl Running {
    async fn multiplexed(&self, settings: &[u8]) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(&[PREFACE, settings].concat()).await.unwrap();
        stream
    }
}

/// How long the server leaves a connection open on which something is sent ten times a second.
async fn open_for(mut stream: TcpStream, frames: impl Fn(u8) -> Vec<u8>) -> Duration {
    let begun = Instant::now();
    for number in 0..100 {
        let sent = stream.write_all(&frames(number)).await;
        let mut bytes = [0; 4_096];
        let closed = match timeout(Duration::from_millis(100), stream.read(&mut bytes)).await {
            Ok(Ok(0) | Err(_)) => true,
            Ok(Ok(_)) => {
                sleep(Duration::from_millis(50)).await;
                false
            }
            Err(_) => false,
        };
        if closed || sent.is_err() {
            return begun.elapsed();
        }
    }
    Duration::MAX
}

#[tokio::test]
async fn it_is_spoken_without_asking() {
    let server = start(limits());
    let mut stream = server.multiplexed(&SETTINGS).await;
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "the first frame is the server's settings: {head:?}");
}

#[tokio::test]
async fn who_never_takes_an_answer_is_cut_though_they_ping() {
    let server = start(limits());
    let mut stream = server.multiplexed(&SHUT).await;
    stream.write_all(&[get(1), get(3)].concat()).await.unwrap();
    let open = open_for(stream, |_| PING.to_vec()).await;
    assert!(open >= limits().write_time && open < 4 * limits().write_time, "{open:?}");
}

#[tokio::test]
async fn who_never_takes_one_answer_is_cut_though_they_ask_for_more() {
    let server = start(limits());
    let mut stream = server.multiplexed(&SHUT).await;
    stream.write_all(&get(1)).await.unwrap();
    let open = open_for(stream, |number| get(3 + 2 * number)).await;
    assert!(open >= limits().write_time && open < 5 * limits().write_time, "{open:?}");
}

#[tokio::test]
async fn an_idle_connection_is_closed_though_it_pings() {
    let server = start(limits());
    let mut stream = server.multiplexed(&SETTINGS).await;
    stream.write_all(&get(1)).await.unwrap();
    let open = open_for(stream, |_| PING.to_vec()).await;
    let Limits { idle_time, write_time, .. } = limits();
    assert!(open >= idle_time && open < 2 * (idle_time + write_time), "{open:?}");
}
