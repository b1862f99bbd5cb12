using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ProtoPNet.Serve;

/// <summary>A running server of one model.</summary>
internal sealed class ProtoPNetServer : IAsyncDisposable
{
    private const int MostConnections = 1024;

    /// <summary>Bytes per second below which a request body is given up.</summary>
    private const double SlowestUpload = 4096;

    /// <summary>
    /// Times the size of an upload that Kestrel still reads, and drops, once it has been refused: a sender who is cut off while sending sees no reason.
    /// </summary>
    private const int Dropped = 4;

    private readonly WebApplication _application;
    private readonly Desk _desk;

    private ProtoPNetServer(WebApplication application, Desk desk) => (_application, _desk) = (application, desk);

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>How far the workbench is.</summary>
    internal WorkbenchState State => _desk.Workbench.State;

    /// <summary>The routes that it answers.</summary>
    internal IReadOnlyList<string> Routes => [.. ((IEndpointRouteBuilder)_application).DataSources
        .SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(endpoint => endpoint.RoutePattern.RawText!)];

    /// <summary>Starts a server; measuring goes on in the background.</summary>
    /// <exception cref="IOException">The address is in use, is not this machine's, or may not be listened on.</exception>
    public static async Task<ProtoPNetServer> Start(ServedModel model, ServerOptions options, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxRequestBodySize = (long)Dropped * options.Limits.UploadBytes;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(SlowestUpload, TimeSpan.FromSeconds(10));
            kestrel.Listen(options.Address, options.Port);
        });
        Desk desk = new(model, options);
        WebApplication application = builder.Build();
        ProtoPNetServer server = new(application, desk);
        try
        {
            application.Use(next => context => desk.Answer(context, next));
            application.UseRouting();
            desk.Map(application);
            await application.StartAsync(cancellation);
            return server;
        }
        catch (SocketException e)
        {
            await server.DisposeAsync();
            throw new IOException($"Cannot listen on {options.Address}, port {options.Port}: {e.Message}. Choose an address of this machine and a port "
                + "from 1024 on that is free.", e);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops listening, lets running requests finish for a moment, and returns the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _desk.Dispose();
    }
}
