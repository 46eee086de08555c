using System.Net;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Remembers where this node serves DNS: its pods know no other server, also while a daemon starts without the control plane.</summary>
/// <param name="path">The file in the node's folder.</param>
internal sealed class ServedAddress(string path)
{
    private readonly StateFile _file = new(path);
    private IPAddress? _last;
    private bool _isRead;

    /// <summary>The address of the last time; null if there is none.</summary>
    public IPAddress? FindLast()
    {
        try
        {
            if (!_isRead && _file.ReadLines() is [var line, ..] && AddressSyntax.TryParse(line, out var address))
                _last = address;
            _isRead = true;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // As if there were none: the control plane tells it.
        }

        return _last;
    }

    /// <summary>Remembers an address; null if this node does not serve DNS.</summary>
    public void Keep(IPAddress? address)
    {
        if (Equals(FindLast(), address))
            return;
        try
        {
            if (address is null)
                _file.Delete();
            else
                _file.Write($"{address}\n");
            (_last, _isRead) = (address, true);
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            // The disk may be full. The next change of services tries again.
        }
    }
}
