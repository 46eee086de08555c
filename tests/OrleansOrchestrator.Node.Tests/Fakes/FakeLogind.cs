using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using OrleansOrchestrator.Node.Shutdown;
using Tmds.DBus.Protocol;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A bus of its own, on which a logind does what the test wants.</summary>
internal sealed class FakeLogind : IPathMethodHandler, IAsyncDisposable
{
    private const string Login = "org.freedesktop.login1";
    private const string BusProgram = "/usr/bin/dbus-daemon";
    private const string Place = "/org/freedesktop/login1";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("logind-");
    private readonly List<Task<int>> _locks = [];
    private readonly Lock _gate = new();
    private Process? _daemon;
    private DBusConnection? _own;

    private FakeLogind() => Bus = $"unix:path={_folder.FullName}/bus";

    /// <summary>The address of the bus.</summary>
    public string Bus { get; }

    public LogindPlace At => new(Bus, Path.Combine(_folder.FullName, "logind.conf.d"));

    /// <summary>For how long it waits for those who hold a lock.</summary>
    public TimeSpan DelayMax { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>Whether it reads what is added to its configuration.</summary>
    private bool ReadsConfiguration { get; init; }

    public bool IsGoingDown { get; set; }

    /// <summary>How often a lock was taken.</summary>
    public int Taken
    {
        get
        {
            lock (_gate)
                return _locks.Count;
        }
    }

    /// <summary>Whether somebody holds a lock.</summary>
    public bool IsLocked
    {
        get
        {
            lock (_gate)
                return _locks.Exists(one => !one.IsCompleted);
        }
    }

    /// <summary>What was to be held up by the last lock, and how.</summary>
    public string? Asked { get; private set; }

    string IPathMethodHandler.Path => Place;

    bool IPathMethodHandler.HandlesChildPaths => false;

    /// <summary>Starts a bus and a logind, or skips the test.</summary>
    public static async Task<FakeLogind> StartAsync(TimeSpan? delayMax = null, bool readsConfiguration = true)
    {
        var logind = new FakeLogind { DelayMax = delayMax ?? TimeSpan.FromHours(1), ReadsConfiguration = readsConfiguration };
        await logind.StartBusAsync();
        await logind.AppearAsync();
        return logind;
    }

    /// <summary>A place where neither a bus nor a logind is yet.</summary>
    public static FakeLogind Absent() => new();

    /// <summary>Starts the bus, or skips the test.</summary>
    public async Task StartBusAsync()
    {
        Assert.SkipUnless(File.Exists(BusProgram), "This machine has no dbus-daemon.");
        _daemon = Process.Start(new ProcessStartInfo(BusProgram, ["--session", "--nofork", "--nopidfile", $"--address={Bus}", "--print-address"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        (await _daemon.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
    }

    /// <summary>Starts logind on the bus.</summary>
    public async Task AppearAsync()
    {
        _own = new DBusConnection(Bus);
        await _own.ConnectAsync();
        _own.AddMethodHandler(this);
        _own.AddMethodHandler(new Units(this));
        await _own.RequestNameAsync(Login, RequestNameOptions.None);
        await _own.RequestNameAsync("org.freedesktop.systemd1", RequestNameOptions.None);
    }

    /// <summary>Ends logind, and leaves the bus.</summary>
    public void Vanish() => _own?.Dispose();

    /// <summary>Ends the bus.</summary>
    public async Task StopBusAsync()
    {
        Vanish();
        if (_daemon is null)
            return;
        _daemon.Kill();
        await _daemon.WaitForExitAsync(TestContext.Current.CancellationToken);
        _daemon.Dispose();
        _daemon = null;
        File.Delete($"{_folder.FullName}/bus");
    }

    /// <summary>Says that the machine goes down, or does not after all.</summary>
    public void Say(bool isGoingDown)
    {
        IsGoingDown = isGoingDown;
        Say(_own!, isGoingDown);
    }

    /// <summary>Has somebody else say it.</summary>
    public async Task PretendAsync(bool isGoingDown)
    {
        using var other = new DBusConnection(Bus);
        await other.ConnectAsync();
        Say(other, isGoingDown);

        // The bus has passed it on when it answers what was asked later.
        await other.ListServicesAsync();
    }

    public ValueTask HandleMethodAsync(MethodContext context)
    {
        var arguments = context.Request.GetBodyReader();
        if (context.Request.MemberAsString == "Get")
        {
            arguments.ReadString();
            var property = arguments.ReadString();
            using var reply = context.CreateReplyWriter("v");
            if (property == "InhibitDelayMaxUSec")
                reply.WriteVariantUInt64(DelayMax == TimeSpan.MaxValue ? ulong.MaxValue : (ulong)DelayMax.TotalMicroseconds);
            else
                reply.WriteVariantBool(IsGoingDown);
            context.Reply(reply.CreateMessage());
        }
        else if (context.Request.MemberAsString == "Inhibit")
        {
            if (IsGoingDown)
            {
                context.ReplyError("org.freedesktop.login1.OperationInProgress", "The operation inhibition has been requested for is already running");
                return default;
            }

            var (what, _, _, mode) = (arguments.ReadString(), arguments.ReadString(), arguments.ReadString(), arguments.ReadString());
            Asked = $"{what} {mode}";
            using var reply = context.CreateReplyWriter("h");
            reply.WriteHandle(NewLock());
            context.Reply(reply.CreateMessage());
        }
        else
        {
            context.ReplyUnknownMethodError();
        }

        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await StopBusAsync();
        _folder.Delete(recursive: true);
    }

    private static void Say(DBusConnection sender, bool isGoingDown)
    {
        using var signal = sender.GetMessageWriter();
        signal.WriteSignalHeader(null, Place, "org.freedesktop.login1.Manager", "PrepareForShutdown", "b");
        signal.WriteBool(isGoingDown);
        sender.TrySendMessage(signal.CreateMessage()).ShouldBeTrue();
    }

    /// <summary>One end of a connection. The other one reads its end when nobody holds the lock any more.</summary>
    private SafeSocketHandle NewLock()
    {
        var place = new UnixDomainSocketEndPoint(Path.Combine(_folder.FullName, $"lock-{Guid.NewGuid():N}"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(place);
        listener.Listen();
        var held = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        held.Connect(place);
        var kept = listener.Accept();
        lock (_gate)
            _locks.Add(kept.ReceiveAsync(new byte[1]));
        return held.SafeHandle;
    }

    /// <summary>systemd, which tells logind to read its configuration.</summary>
    private sealed class Units(FakeLogind logind) : IPathMethodHandler
    {
        string IPathMethodHandler.Path => "/org/freedesktop/systemd1";

        bool IPathMethodHandler.HandlesChildPaths => false;

        public ValueTask HandleMethodAsync(MethodContext context)
        {
            var arguments = context.Request.GetBodyReader();
            (context.Request.MemberAsString, arguments.ReadString(), arguments.ReadString(), arguments.ReadInt32())
                .ShouldBe(("KillUnit", "systemd-logind.service", "all", 1));
            foreach (var line in logind.ReadsConfiguration ? Directory.GetFiles(logind.At.ConfigurationFolder).SelectMany(File.ReadAllLines) : [])
            {
                if (line.Split('=') is ["InhibitDelayMaxSec", var seconds])
                    logind.DelayMax = TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture));
            }

            using var reply = context.CreateReplyWriter(null);
            context.Reply(reply.CreateMessage());
            return default;
        }
    }
}
