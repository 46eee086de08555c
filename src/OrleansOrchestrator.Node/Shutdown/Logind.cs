using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Tmds.DBus.Protocol;

namespace OrleansOrchestrator.Node.Shutdown;

/// <summary>A connection to systemd-logind, which tells of shutdowns of the machine and delays them for those who hold a lock.</summary>
/// <remarks>https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html.</remarks>
internal sealed class Logind : IDisposable
{
    // A year stands for infinity, which has the greatest number.
    private const ulong DelayMicrosecondsMax = 365UL * 24 * 3600 * 1_000_000;

    private const string Service = "org.freedesktop.login1";
    private const string Place = "/org/freedesktop/login1";
    private const string Manager = "org.freedesktop.login1.Manager";
    private const string BusName = "org.freedesktop.DBus";
    private const int Hangup = 1;

    // It answers in milliseconds. A hung one must not keep the daemon from trying again.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private readonly DBusConnection _bus;
    private readonly TimeProvider _time;

    private Logind(DBusConnection bus, TimeProvider time) => (_bus, _time) = (bus, time);

    /// <summary>Whether an exception means that logind or the bus fails.</summary>
    public static bool IsFailure(Exception exception) => exception is DBusExceptionBase or TimeoutException or IOException or ObjectDisposedException;

    /// <summary>Connects to the bus. Whether logind is there shows with the first call.</summary>
    /// <param name="address">The address of the bus.</param>
    /// <param name="time">The clock of time limits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<Logind> ConnectAsync(string address, TimeProvider time, CancellationToken cancellationToken)
    {
        var bus = new DBusConnection(address);
        try
        {
            await bus.ConnectAsync().AsTask().WaitAsync(AnswerTime, time, cancellationToken);
            return new Logind(bus, time);
        }
        catch
        {
            bus.Dispose();
            throw;
        }
    }

    /// <summary>For how long logind waits for those who hold a lock, as <c>InhibitDelayMaxSec</c> in its configuration.</summary>
    public async Task<TimeSpan> ReadDelayMaxAsync(CancellationToken cancellationToken) =>
        TimeSpan.FromMicroseconds(await ReadAsync("InhibitDelayMaxUSec", static value => Math.Min(value.GetUInt64(), DelayMicrosecondsMax), cancellationToken));

    /// <summary>Whether a shutdown is under way.</summary>
    public Task<bool> IsGoingDownAsync(CancellationToken cancellationToken) =>
        ReadAsync("PreparingForShutdown", static value => value.GetBool(), cancellationToken);

    /// <summary>Takes a lock.</summary>
    /// <returns>The lock; a shutdown waits until it is disposed of.</returns>
    public async Task<SafeHandle> DelayShutdownAsync(CancellationToken cancellationToken) =>
        await _bus.CallMethodAsync(AskForLock(), static (reply, _) => reply.GetBodyReader().ReadHandle<SafeFileHandle>())
            .WaitAsync(AnswerTime, _time, cancellationToken) ?? throw new IOException("logind has given no lock");

    /// <summary>Has logind read its configuration anew.</summary>
    public Task ReloadAsync(CancellationToken cancellationToken)
    {
        using var call = _bus.GetMessageWriter();
        call.WriteMethodCallHeader("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "KillUnit", "ssi");
        call.WriteString("systemd-logind.service");
        call.WriteString("all");
        call.WriteInt32(Hangup);
        return _bus.CallMethodAsync(call.CreateMessage()).WaitAsync(AnswerTime, _time, cancellationToken);
    }

    /// <summary>Tells of every shutdown that begins (true) or is called off (false), until the connection ends or logind is
    /// restarted.</summary>
    public async Task FollowAsync(ChannelWriter<bool> words, CancellationToken cancellationToken)
    {
        // The bus passes on such a signal from anybody, so that the sender must be named.
        var rule = new MatchRule { Type = MessageType.Signal, Sender = Service, Path = Place, Interface = Manager, Member = "PrepareForShutdown" };
        await _bus.AddMatchAsync(
            rule,
            static (message, _) => message.GetBodyReader().ReadBool(),
            word =>
            {
                if (word.HasValue)
                    words.TryWrite(word.Value);
                else
                    words.TryComplete();
            },
            emitOnCapturedContext: false,
            ObserverFlags.EmitOnConnectionClosed | ObserverFlags.EmitOnConnectionFailed).AsTask().WaitAsync(AnswerTime, _time, cancellationToken);

        // The library hears only the owner that the name had at the beginning.
        var another = new MatchRule { Type = MessageType.Signal, Sender = BusName, Interface = BusName, Member = "NameOwnerChanged", Arg0 = Service };
        await _bus.AddMatchAsync(another, (Notification _) => words.TryComplete(), emitOnCapturedContext: false).AsTask().WaitAsync(AnswerTime, _time, cancellationToken);
    }

    public void Dispose() => _bus.Dispose();

    private MessageBuffer AskForLock()
    {
        using var call = _bus.GetMessageWriter();
        call.WriteMethodCallHeader(Service, Place, Manager, "Inhibit", "ssss");
        foreach (var argument in new[] { "shutdown", "kubelet", "Kubelet needs time to handle node shutdown", "delay" })
            call.WriteString(argument);
        return call.CreateMessage();
    }

    private Task<T> ReadAsync<T>(string property, Func<VariantValue, T> read, CancellationToken cancellationToken)
    {
        using var call = _bus.GetMessageWriter();
        call.WriteMethodCallHeader(Service, Place, "org.freedesktop.DBus.Properties", "Get", "ss");
        call.WriteString(Manager);
        call.WriteString(property);
        return _bus.CallMethodAsync(call.CreateMessage(), (reply, _) => read(reply.GetBodyReader().ReadVariantValue()))
            .WaitAsync(AnswerTime, _time, cancellationToken);
    }
}
