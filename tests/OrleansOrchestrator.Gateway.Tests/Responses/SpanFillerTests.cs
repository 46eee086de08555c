using System.Buffers;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.Tests.Responses;

public sealed class SpanFillerTests
{
    [Fact]
    public void Pieces_OfAnySize_AreWrittenInOrder()
    {
        var random = new Random(1);
        var (output, expected) = (new ArrayBufferWriter<byte>(16), new List<byte>());
        var filler = new SpanFiller(output);
        for (var i = 0; i < 1000; i++)
        {
            var piece = new byte[random.Next(60)];
            random.NextBytes(piece);
            filler.Write(piece);
            expected.AddRange(piece);
            if (i % 100 == 0)
                filler.Commit();
        }

        filler.Commit();
        output.WrittenSpan.ToArray().ShouldBe(expected);
    }
}
