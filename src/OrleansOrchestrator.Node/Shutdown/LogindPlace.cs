using Tmds.DBus.Protocol;

namespace OrleansOrchestrator.Node.Shutdown;

/// <summary>Where logind is found.</summary>
/// <param name="Bus">The address of the bus.</param>
/// <param name="ConfigurationFolder">The folder with additions to its configuration.</param>
internal sealed record LogindPlace(string Bus, string ConfigurationFolder)
{
    /// <summary>The logind of this machine.</summary>
    public static LogindPlace OfMachine { get; } = new(DBusAddress.System ?? "unix:path=/run/dbus/system_bus_socket", "/etc/systemd/logind.conf.d");
}
