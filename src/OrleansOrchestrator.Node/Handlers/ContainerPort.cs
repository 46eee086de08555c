using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Handlers;

/// <summary>The port of a probe or a hook.</summary>
internal static class ContainerPort
{
    /// <summary>Resolves a port, which is a number or the name of a container port.</summary>
    /// <exception cref="ConfigurationException">The container has no port of this name.</exception>
    public static int Resolve(IntOrString port, V1Container container)
    {
        if (int.TryParse(port.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        var named = container.Ports?.FirstOrDefault(p => p.Name == port.Value);
        return named?.ContainerPort
            ?? throw new ConfigurationException($"couldn't find port \"{port.Value}\" in container \"{container.Name}\"");
    }
}
