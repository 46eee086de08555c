using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using OrleansOrchestrator.Gateway.Transport;

namespace OrleansOrchestrator.Gateway.Tests.Transport;

public sealed class BatchedRecordsTests
{
    private const int Record = 16 * 1024;
    private readonly Pipe _sent = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _received = new();

    [Fact]
    public async Task Records_WithoutAFlush_WaitForIt()
    {
        await ServeAsync(async output =>
        {
            await output.WriteAsync(new byte[Record]);
            await output.WriteAsync(new byte[100]);
            Arrived().ShouldBe(0);
            await output.FlushAsync();
            Arrived().ShouldBe(Record + 100);
        });
    }

    [Fact]
    public async Task Records_OfAWholeBatch_LeaveWithoutAFlush()
    {
        await ServeAsync(async output =>
        {
            for (var bytes = 0; bytes < BatchedRecords.BatchBytes; bytes += Record)
            {
                Arrived().ShouldBe(0);
                await output.WriteAsync(new byte[Record]);
            }

            Arrived().ShouldBe(BatchedRecords.BatchBytes);
        });
    }

    [Fact]
    public async Task LastWords_BeforeTheEnd_Leave()
    {
        await ServeAsync(async output =>
        {
            await output.WriteAsync(new byte[31]);
            await output.CompleteAsync();
        });
        var read = await _sent.Reader.ReadAsync(TestContext.Current.CancellationToken);
        read.Buffer.Length.ShouldBe(31);
        read.IsCompleted.ShouldBeTrue();
    }

    private long Arrived()
    {
        if (!_sent.Reader.TryRead(out var read))
            return 0;
        var length = read.Buffer.Length;
        _sent.Reader.AdvanceTo(read.Buffer.End);
        return length;
    }

    private async Task ServeAsync(Func<PipeWriter, Task> use)
    {
        var transport = new Transport(_received.Reader, _sent.Writer);
        await using var connection = new DefaultConnectionContext("one", transport, transport);
        await BatchedRecords.ServeAsync(connection, served => use(served.Transport.Output));
        connection.Transport.ShouldBeSameAs(transport);
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
