using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace OrleansOrchestrator.Node.Server;

/// <summary>The self-signed certificate of the node's server, and the next one while it changes. Callers pin their hashes from the node
/// object.</summary>
/// <remarks>Thread-safe for readers; one loop changes it. Each step is a change of a file, so that a daemon that is stopped goes on.</remarks>
internal sealed class ServingCertificate : IDisposable
{
    /// <summary>The file of the certificate in use.</summary>
    public const string FileName = "serving.pem";

    private readonly string _path;
    private readonly string _nextPath;
    private readonly string _nodeName;
    private readonly IPAddress _address;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private volatile X509Certificate2 _current;
    private volatile X509Certificate2? _next;

    private ServingCertificate(string directory, string nodeName, IPAddress address, TimeSpan lifetime, TimeProvider time)
    {
        (_nodeName, _address, _lifetime, _time) = (nodeName, address, lifetime, time);
        _path = Path.Combine(directory, FileName);
        _nextPath = Path.Combine(directory, "serving-next.pem");
        _next = SelfSigned.Load(_nextPath);
        _current = SelfSigned.Load(_path) ?? Create(_path);
    }

    /// <summary>The certificate for new connections.</summary>
    public X509Certificate2 Current => _current;

    /// <summary>Whether the next certificate is there.</summary>
    public bool IsChanging => _next is not null;

    /// <summary>The hashes of the certificates that callers are to accept.</summary>
    public string Announced => _next is { } next ? $"{SelfSigned.HashOf(_current)},{SelfSigned.HashOf(next)}" : SelfSigned.HashOf(_current);

    /// <summary>Reads the certificate from the folder, or makes one there.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="address">Its address.</param>
    /// <param name="lifetime">How long a certificate lives.</param>
    /// <param name="time">The clock.</param>
    public static ServingCertificate LoadOrCreate(string directory, string nodeName, IPAddress address, TimeSpan lifetime, TimeProvider time) =>
        new(directory, nodeName, address, lifetime, time);

    /// <summary>Makes the next certificate, unless it is there.</summary>
    public void Prepare() => _next ??= Create(_nextPath);

    /// <summary>Uses the next certificate, whose hash callers know.</summary>
    public void Change()
    {
        if (_next is not { } next)
            return;
        File.Move(_nextPath, _path, overwrite: true);

        // The former one is not disposed of, because handshakes may still use it.
        _current = next;
        _next = null;
    }

    public void Dispose()
    {
        _current.Dispose();
        _next?.Dispose();
    }

    private X509Certificate2 Create(string path) => SelfSigned.Create(path, _nodeName, _address, _time.GetUtcNow(), _lifetime);
}
