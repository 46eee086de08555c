using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Server;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>The certificates that a node shows: to gateways that of its server, which changes, and to peers that of its vote, which never
/// does.</summary>
internal sealed class NodeCertificates : IDisposable
{
    private readonly NodeAgentOptions _options;
    private readonly TimeProvider _time;
    private readonly ServingCertificate _serving;

    /// <summary>Reads the certificates from the data folder, or makes them there.</summary>
    /// <param name="options">The operator's options.</param>
    /// <param name="address">The node's address.</param>
    /// <param name="time">The clock.</param>
    public NodeCertificates(NodeAgentOptions options, IPAddress address, TimeProvider time)
    {
        (_options, _time) = (options, time);
        Voter = VoterCertificate.LoadOrCreate(options.DataDirectory, options.Name, address, time);
        _serving = ServingCertificate.LoadOrCreate(options.DataDirectory, options.Name, address, options.ServingCertificateDuration, time);
    }

    /// <summary>The certificate by which peers know the node.</summary>
    public X509Certificate2 Voter { get; }

    /// <summary>The name of the node's vote.</summary>
    public string VoterName => SelfSigned.HashOf(Voter);

    /// <summary>The hashes of server certificates that gateways are to accept.</summary>
    public string Announced => _serving.Announced;

    /// <summary>The certificate for a caller that asks for a server of this name.</summary>
    public X509Certificate2 For(string? serverName) => serverName == VoterCertificate.ServerName ? Voter : _serving.Current;

    /// <summary>Makes the loop that renews the server's certificate. It may run after the node object names the present one.</summary>
    /// <param name="announce">Writes the accepted hashes to the node object.</param>
    /// <param name="heardWithin">How long gateways may take to see a changed node object.</param>
    /// <param name="logger">Receives its log.</param>
    public ServingCertificateRenewal Renewal(Func<CancellationToken, Task> announce, TimeSpan heardWithin, ILogger<ServingCertificateRenewal> logger) =>
        new(_serving, _options, announce, heardWithin, _time, logger);

    /// <inheritdoc/>
    public void Dispose()
    {
        _serving.Dispose();
        Voter.Dispose();
    }
}
