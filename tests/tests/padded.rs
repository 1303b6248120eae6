//! A stream's share counts bytes of submissions; a message can have others beside them. No other test may run meanwhile: this
//! one looks at how much memory its process has.

use bytes::{Buf as _, BufMut as _};
use hefu_proto::{convert, v1};
use hefu_tests::gated::gated;
use hefu_tests::load::correctors;
use hefu_tests::world::World;
use hefu_types::SignedSubmission;
use hefud::config::STREAM_IN_FLIGHT_MAX;
use prost::Message as _;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;

/// Bytes of a field that nobody knows, beside each submission.
const PADDING: usize = 120_000;

/// Sends bytes as they are, and looks at no answer.
#[derive(Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        from.advance(from.remaining());
        Ok(Some(()))
    }
}

fn padded(signed: &SignedSubmission) -> Vec<u8> {
    let signed = Some(convert::signed_to_wire(signed));
    let mut bytes = v1::SubmitStreamRequest { signed, ..Default::default() }.encode_to_vec();
    prost::encoding::encode_key(2_047, prost::encoding::WireType::LengthDelimited, &mut bytes);
    prost::encoding::encode_varint(PADDING as u64, &mut bytes);
    bytes.resize(bytes.len() + PADDING, 0);
    bytes
}

/// Bytes of memory that this process has; `None` where the system does not say.
fn memory() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(4_096 * statm.split(' ').nth(1)?.parse::<usize>().ok()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_message_has_beside_its_submission_is_not_kept() {
    const STREAMS: usize = 4;
    let mut world = World::planned();
    let mut correctors = correctors(&mut world, STREAMS);
    let mut rig = gated(&world).await;
    let Some(before) = memory() else {
        println!(
            "SKIPPED what_a_message_has_beside_its_submission_is_not_kept: the system does not say how much memory there is"
        );
        return;
    };
    let mut counts = vec![];
    for (corrector, n) in correctors.iter_mut().zip(1..) {
        let sent: Vec<_> = (0..STREAM_IN_FLIGHT_MAX).map(|_| corrector.submission()).collect();
        let channel = Channel::from_shared(rig.address.clone()).unwrap().connect().await.unwrap();
        counts.push(tokio::spawn(async move {
            let mut client = Grpc::new(channel);
            client.ready().await.unwrap();
            let requests = tokio_stream::iter(sent.into_iter().map(|signed| padded(&signed)));
            let path = "/hefu.v1.SubmissionService/SubmitStream".parse().unwrap();
            let mut answers = client.streaming(tonic::Request::new(requests), path, Raw).await.unwrap().into_inner();
            let mut count = 0;
            while answers.message().await.unwrap().is_some() {
                count += 1;
            }
            count
        }));
        rig.wait_for_sequenced(n * STREAM_IN_FLIGHT_MAX).await;
    }
    let kept = memory().unwrap().saturating_sub(before);
    let beside = STREAMS * STREAM_IN_FLIGHT_MAX * PADDING;
    assert!(kept < beside / 2, "{kept} bytes more, of {beside} that nobody needs");
    rig.open_gate();
    for count in counts {
        assert_eq!(count.await.unwrap(), STREAM_IN_FLIGHT_MAX);
    }
    rig.verify_and_stop().await;
}
