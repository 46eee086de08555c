using System.Security.Cryptography.X509Certificates;

namespace OrleansOrchestrator.Gateway.Identity;

/// <summary>A client certificate that is issued anew long before it ends.</summary>
/// <param name="issue">Issues one.</param>
/// <param name="time">The clock.</param>
internal sealed class RenewedCertificate(Func<X509Certificate2> issue, TimeProvider time) : IDisposable
{
    // A quarter of the certificate's year: long before servers with a wrong clock would refuse it.
    private static readonly TimeSpan RenewalBeforeEnd = TimeSpan.FromDays(90);

    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;

    /// <summary>The certificate to use for a new connection.</summary>
    public X509Certificate2 Current
    {
        get
        {
            lock (_lock)
            {
                // The replaced certificate is not disposed, because handshakes may still use it.
                if (_certificate is null || time.GetUtcNow() > new DateTimeOffset(_certificate.NotAfter) - RenewalBeforeEnd)
                    _certificate = issue();
                return _certificate;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate?.Dispose();
}
