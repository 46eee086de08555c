namespace OrleansOrchestrator.Gateway.Identity;

/// <summary>The machine's clock is outside the validity of the cluster's certificates, so that no peer would accept them.</summary>
public sealed class ClockException(DateTimeOffset now, DateTimeOffset from, DateTimeOffset until) : Exception(
    $"this machine's clock says {now:u}, but the cluster's certificates are good from {from:u} to {until:u} only; set the clock right");
