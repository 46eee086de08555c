using System.Runtime.InteropServices;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>The classes of requests with separate limits, so that none starves another.</summary>
internal enum RequestClass
{
    /// <summary>Reads that end by themselves.</summary>
    Read,

    /// <summary>Writes.</summary>
    Write,

    /// <summary>Long-running requests: watches, logs, sessions in containers.</summary>
    Stream,
}

/// <summary>Bounds the requests in flight per user, so that one client's flood affects that client only.</summary>
internal sealed class InFlightLimiter : IDisposable
{
    private readonly GatewayOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string User, RequestClass Class), int> _counts = [];
    private int _reads;
    private int _writes;

    public InFlightLimiter(GatewayOptions options)
    {
        _options = options;
        LimitInstruments.Show(this);
    }

    /// <summary>The requests of all users that are being answered, without streams.</summary>
    public (int Reads, int Writes) InFlight
    {
        get
        {
            lock (_lock)
                return (_reads, _writes);
        }
    }

    public void Dispose() => LimitInstruments.Hide(this);

    /// <summary>Counts a request in. Call <see cref="Exit"/> when it ends.</summary>
    /// <exception cref="ApiException">429: the user has too many requests in flight.</exception>
    public void Enter(string user, RequestClass requestClass)
    {
        var limit = LimitOf(requestClass);
        lock (_lock)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, (user, requestClass), out _);
            if (count < limit)
            {
                count++;
                Count(requestClass, 1);
                return;
            }
        }

        LimitInstruments.Rejected(LimitInstruments.ConcurrencyLimit);
        throw ApiErrors.TooManyRequests("too many requests in flight, please try again later", _options.RetryAfterSeconds);
    }

    /// <summary>Counts a request out.</summary>
    public void Exit(string user, RequestClass requestClass)
    {
        lock (_lock)
        {
            Count(requestClass, -1);

            // A user without requests occupies no memory, so that the table is no larger than the number of requests in flight.
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, (user, requestClass));
            if (--count == 0)
                _counts.Remove((user, requestClass));
        }
    }

    private void Count(RequestClass requestClass, int delta)
    {
        if (requestClass == RequestClass.Read)
            _reads += delta;
        else if (requestClass == RequestClass.Write)
            _writes += delta;
    }

    private int LimitOf(RequestClass requestClass) => requestClass switch
    {
        RequestClass.Read => _options.ReadsInFlightPerUserMax,
        RequestClass.Write => _options.WritesInFlightPerUserMax,
        _ => _options.StreamsPerUserMax,
    };
}
