import { ArgumentsHost, CallHandler, CanActivate, Catch, ExceptionFilter, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { tap } from 'rxjs/operators';

@Injectable()
export class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest().headers['x-token'] === 'secret';
  }
}

@Injectable()
export class TimingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse();
    return next.handle().pipe(tap(() => response.headersSent || response.setHeader('x-handler', context.getHandler().name)));
  }
}

@Catch(RangeError)
export class TeapotFilter implements ExceptionFilter {
  catch(error: RangeError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse().status(418).json({ message: error.message });
  }
}
